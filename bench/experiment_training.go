package bench

import (
	"fmt"
	"slices"
	"strings"

	"uorobench/estimators"
)

// CovariateTraining says how covariates with weights are trained before λ is
// fitted: on the run's frozen trajectory and plain UORO, from draws of a stream
// of their own.
type CovariateTraining struct {
	// Method trains every such covariate that does not name its own method:
	// TrainingNone or one of estimators.TrainingMethods. The canonical form has
	// TrainingNone, and the methods in the names.
	Method  string
	Updates int     // each from estimators.Lanes draws
	Rate    float64 // of Adam at the start; it falls linearly to zero
}

// TrainingNone leaves a covariate at its random weights.
const TrainingNone = "none"

// maxUpdates is far above what a machine does in a day.
const maxUpdates = 1 << 20

func trainingChoices() []string { return append([]string{TrainingNone}, estimators.TrainingMethods...) }

// canonicalLabels are the estimators with scopes and trainings spelled out.
func (e *Experiment) canonicalLabels() []string {
	labels := make([]string, len(e.Estimators))
	for i, label := range e.Estimators {
		labels[i] = e.trainedLabel(canonicalLabel(label))
	}
	return labels
}

// trainedLabel gives the covariates of a canonical label the experiment's method.
func (e *Experiment) trainedLabel(label string) string {
	parts := strings.Split(label, "/")
	if len(parts) < 2 || e.CovariateTraining.Method == TrainingNone {
		return label
	}
	covariates := strings.Split(parts[1], "+")
	for i, name := range covariates {
		if slices.Contains(estimators.Trainable, name) {
			covariates[i] = name + estimators.TrainingMark + e.CovariateTraining.Method
		}
	}
	parts[1] = strings.Join(covariates, "+")
	return strings.Join(parts, "/")
}

// trainings are the covariates to be trained, by the names of the canonical form,
// each once, in order.
func (e *Experiment) trainings() []string {
	var names []string
	for _, label := range e.canonicalLabels() {
		sel, err := estimators.Parse(label)
		if err != nil {
			continue // Validate has said so
		}
		for _, name := range sel.Covariates {
			if _, method := estimators.TrainedName(name); method != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// checkCovariateTraining refuses a method that trains nothing, and two names that
// it makes one.
func (e *Experiment) checkCovariateTraining() error {
	if e.CovariateTraining.Method == TrainingNone {
		return nil
	}
	labels := e.canonicalLabels()
	trains := false
	for i, label := range labels {
		trains = trains || label != canonicalLabel(e.Estimators[i])
	}
	if !trains {
		return e.refuse(fmt.Sprintf("it trains nothing: the covariates that have weights are %s, and no listed estimator has one that does not name its own method",
			strings.Join(estimators.Trainable, ", ")), "covariate_training.method", "estimators")
	}
	if wrong := estimatorsRule.Check(labels); wrong != "" {
		return e.refuse("with covariate_training.method = "+e.CovariateTraining.Method+", "+wrong, "covariate_training.method", "estimators")
	}
	return nil
}
