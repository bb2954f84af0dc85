package reports_test

import (
	"fmt"
	"os"
	"path/filepath"

	"uorobench/reports"
)

// Write a dataset into a new run directory and read it back.
func Example() {
	temp, err := os.MkdirTemp("", "uorobench-example-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(temp)

	dir, err := reports.CreateDir(filepath.Join(temp, "run"))
	if err != nil {
		fmt.Println(err)
		return
	}
	target := int32(1)
	rows := []reports.SequenceRow{{Step: 1, Input: 0, Target: &target}, {Step: 2, Input: 1}}
	if err := reports.Sequence.WriteAll(dir, reports.Digest("draws = 4096\n"), rows); err != nil {
		fmt.Println(err)
		return
	}
	got, err := reports.Sequence.Read(dir.Path())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range got {
		fmt.Println(row.Step, row.Input, row.Target != nil)
	}
	fmt.Println(dir.Files()[0].Name, *dir.Files()[0].Rows)
	// Output:
	// 1 0 true
	// 2 1 false
	// sequence.parquet 2
}

// A figure that does not exist is NULL, which a table shows as a dash.
func ExampleReport_Write() {
	key := reports.Key{Task: "anbn", Cell: "rnn", Hidden: 8, Seed: 1, Estimator: "uoro", Convention: "pre"}
	figures := reports.Figures{NDraws: 64, Sampling: "random", NGroups: 4, ExactNormSq: 2,
		RelVar: reports.Optional(31.26, true), VarTraceMCSE: reports.Optional(1.4, true)}
	report := reports.Report{Summary: []reports.SummaryRow{{Key: key, NSteps: 1, Figures: figures}}}
	if err := report.Write(os.Stdout, reports.CSV); err != nil {
		fmt.Println(err)
	}
	// Output:
	// dataset,task,cell,hidden,seed,estimator,covariate,lambda_scope,convention,step,n_steps,n_draws,sampling,n_groups,n_nonfinite,n_nonfinite_figures,exact_norm_sq,bias_sq,bias_sq_mcse,bias_sq_lo,bias_sq_hi,bias_p,var_trace,var_trace_mcse,var_trace_lo,var_trace_hi,rel_var,mse,cosine,cosine_mcse,cosine_q05,cosine_q50,cosine_q95,along_exact,along_exact_mcse,shared_exact,shared,shared_mcse,lambda_used,lambda_mcse,lambda_fit,correlation,var_ratio,var_ratio_lo,var_ratio_hi,max_z,max_z_p,max_z_holm,bias_bound,bias_detectable,var_trace_exact,var_trace_z,var_exact_spatial,var_exact_temporal,var_exact_k1,var_exact_k3,lambda_exact,var_ratio_exact,var_ratio_best,yardstick_time,yardstick_unit,kurtosis,top_share,max_norm_sq,draw_cost,known_cost,pilot_draws,warning,network_warning,snr,work_var,online_work_var,break_even_draws,break_even_against
	// summary,anbn,rnn,8,1,uoro,,,pre,,1,64,random,4,0,0,2,,,,,,,1.4,,,31.26,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,
}
