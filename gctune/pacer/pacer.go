// Package pacer models the garbage collector of a Go process from what was seen
// of it at one setting, and says what another GOGC and GOMEMLIMIT would give.
//
// [Fit] takes an [Observation] and gives a [Model]; [Model.Predict] goes through
// the observed live heap cycle by cycle, as the runtime's pacer would at the
// other setting (runtime/mgcpacer.go: heap goal, memory limit goal, runway,
// trigger); [Model.Recommend] picks a setting for a container and a price of
// memory. Where the model does not hold (a limit without room, a throttled
// container, a heap of a few megabytes, no steady state) there is a [Verdict]
// and no figure.
//
// The package is pure: numbers in, numbers out.
package pacer
