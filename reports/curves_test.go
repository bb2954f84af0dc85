package reports

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"uorobench/bench/training"
)

// curveExperiment is a plan of two methods and three seeds over 400 steps.
func curveExperiment(t testing.TB) *training.Experiment {
	t.Helper()
	e := training.DefaultExperiment()
	err := e.Fields().Read([]byte("methods = [\"rtrl\", \"uoro\"]\nseeds = 3\nsteps = 400\nrecord = 100\nbits_goals = [0.5]\nendings_goals = [0.9]\n"), "test")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// curveResults are invented: rtrl gets to 0.5 bits at steps 100, 200, 300; uoro
// at step 400, never, and never, since it diverged after step 200.
func curveResults() []training.Result {
	nan := math.NaN()
	curve := func(bits ...float64) []training.Point {
		var points []training.Point
		for i, b := range bits {
			points = append(points, training.Point{Step: 100 * (i + 1), Bits: b, BitsMean: b + 0.125, Endings: nan, GradientNorm: 2, Cosine: nan})
		}
		return points
	}
	of := func(method string, seed uint64, bits ...float64) training.Result {
		return training.Result{Method: method, Seed: seed, Points: curve(bits...), Steps: 100 * len(bits), Cost: training.Cost{Used: 7, Spent: 112}}
	}
	results := []training.Result{
		of("rtrl", 1, 0.5, 0.4, 0.3, 0.2), of("rtrl", 2, 0.6, 0.5, 0.4, 0.3), of("rtrl", 3, 0.7, 0.6, 0.5, 0.4),
		of("uoro", 1, 0.9, 0.8, 0.7, 0.5), of("uoro", 2, 0.9, 0.8, 0.8, 0.6), of("uoro", 3, 0.9, 0.9),
	}
	results[0].Points[3].Endings = 0.9375
	results[5].Diverged = &training.DivergedError{Method: "uoro", Seed: 3, Step: 201, Loss: math.Inf(1), NormSq: nan}
	return results
}

func TestCurveRowsHaveNoNaN(t *testing.T) {
	e, results := curveExperiment(t), curveResults()
	rows := curveRows(e, results)
	if len(rows) != 5*4+2 {
		t.Fatalf("%d rows, want 22", len(rows))
	}
	last := rows[3]
	if last.Endings == nil || *last.Endings != 0.9375 || rows[0].Endings != nil || rows[0].Cosine != nil || *rows[0].BitsMean != 0.625 {
		t.Errorf("first %+v, fourth %+v", rows[0], last)
	}
	if last.Task != "anbn" || last.Cell != "gru" || last.Hidden != 32 || last.Method != "rtrl" || last.Seed != 1 || last.Step != 400 {
		t.Errorf("fourth row is of %+v, seed %d, step %d", last.Training, last.Seed, last.Step)
	}
}

func TestTrainingRowsOfADivergedTraining(t *testing.T) {
	rows := trainingRows(curveExperiment(t), curveResults())
	good, bad := rows[4], rows[5]
	if good.FinalBits == nil || *good.FinalBits != 0.6 || good.Diverged != "" || good.StepsDone != 400 || good.UsedCost != 7 || good.SpentCost != 112 {
		t.Errorf("a whole training: %+v", good)
	}
	if bad.FinalBits != nil || !strings.Contains(bad.Diverged, "201") || bad.StepsDone != 200 || bad.StepsPlanned != 400 {
		t.Errorf("a diverged training: %+v", bad)
	}
	if *good.PerfectBits != 5.0/35 { // log2(32) bits per string of 33+2 symbols on average
		t.Errorf("perfect level %v", *good.PerfectBits)
	}
}

// Medians by hand: rtrl 200 of {100, 200, 300}; of uoro only one of three got
// there, so that all that is known of its median is that it is over 400, and of
// the ratio that it is over 2.
func TestGoalRowsCensor(t *testing.T) {
	rows, err := goalRows(curveExperiment(t), curveResults())
	if err != nil {
		t.Fatal(err)
	}
	exact, censored := rows[0], rows[2]
	if exact.Method != "rtrl" || exact.Reference != "rtrl" || exact.NReached != 3 || exact.StepsMin != 200 || *exact.StepsMax != 200 || *exact.RatioMax != 1 {
		t.Errorf("rtrl: %+v", exact)
	}
	if censored.Method != "uoro" || censored.NSeeds != 3 || censored.NReached != 1 ||
		censored.StepsMin != 400 || censored.StepsMax != nil || censored.RatioMin != 2 || censored.RatioMax != nil {
		t.Errorf("uoro: %+v", censored)
	}
	if censored.StepsLoMin != 400 || *censored.StepsLoMax != 400 || censored.StepsHiMax != nil {
		t.Errorf("uoro's interval: %+v", censored)
	}
}

func curveReport(t testing.TB) TrainingReport {
	t.Helper()
	goals, err := goalRows(curveExperiment(t), curveResults())
	if err != nil {
		t.Fatal(err)
	}
	return TrainingReport{Goals: goals, Trainings: trainingRows(curveExperiment(t), curveResults())}
}

func TestTrainingReportGolden(t *testing.T) {
	for format, name := range map[Format]string{Table: "training.txt", Markdown: "training.md", CSV: "training.csv", JSON: "training.json"} {
		var out bytes.Buffer
		if err := curveReport(t).Write(&out, format); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", name), out.Bytes())
	}
	if err := curveReport(t).Write(&bytes.Buffer{}, "yaml"); err == nil {
		t.Error("an unknown format was written")
	}
}

func TestTrainingReportOfABrokenWriter(t *testing.T) {
	r := curveReport(t)
	for _, f := range Formats() {
		var whole bytes.Buffer
		if err := r.Write(&whole, f); err != nil {
			t.Fatal(err)
		}
		for limit := 0; limit < whole.Len(); limit += 97 {
			if err := r.Write(&brokenWriter{limit}, f); !errors.Is(err, errBroken) {
				t.Errorf("%s: writer broken after %d bytes: error %v", f, limit, err)
			}
		}
	}
}

// What is read back is what was written, and gives the same report.
func TestTrainingDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	w, err := NewTrainingWriter(path, curveExperiment(t))
	if err != nil {
		t.Fatal(err)
	}
	if IsTraining(path) {
		t.Error("a directory without results counts as a training")
	}
	made, err := w.Finish(curveResults(), Origin{})
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadTrainingReport(path)
	if err != nil || !IsTraining(path) {
		t.Fatal(err, IsTraining(path))
	}
	var a, b bytes.Buffer
	if err := errors.Join(made.Write(&a, JSON), read.Write(&b, JSON)); err != nil || a.String() != b.String() {
		t.Errorf("%v\nmade %s\nread %s", err, &a, &b)
	}
	curves, err := Curves.Read(path)
	if err != nil || len(curves) != 22 || *curves[3].Endings != 0.9375 || curves[0].Endings != nil {
		t.Errorf("%d curve rows, %v", len(curves), err)
	}
}

func TestCheckpointStore(t *testing.T) {
	store := CheckpointStore{t.TempDir()}
	a := training.Config{Method: "cv-uoro/snap1/trace", Seed: 1}
	b := training.Config{Method: "cv-uoro/snap1/trace", Seed: 2}
	if data, err := store.Load(0, a); data != nil || err != nil {
		t.Fatalf("an empty store has %q, %v", data, err)
	}
	for _, text := range []string{"one", "two"} {
		if err := errors.Join(store.Save(0, a, []byte(text)), store.Save(1, b, []byte("other"))); err != nil {
			t.Fatal(err)
		}
		if data, err := store.Load(0, a); string(data) != text || err != nil {
			t.Errorf("got %q, %v, want %q", data, err, text)
		}
	}
	files, err := os.ReadDir(store.folder)
	if err != nil || len(files) != 2 || files[0].Name() != "cv-uoro-snap1-trace-1.ckpt" {
		t.Errorf("files %v, %v", files, err)
	}
	if err := (CheckpointStore{filepath.Join(store.folder, "absent")}).Save(0, a, nil); err == nil {
		t.Error("saved into a folder that is not there")
	}
}
