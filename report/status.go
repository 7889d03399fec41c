package report

// The exit statuses that follow from a report.
const (
	statusFine         = 0
	statusFindings     = 1
	statusNoEvidence   = 3
	statusInconclusive = 4
)

// Status is the exit status of a command that ends in this report: 0 fine,
// 1 when a finding is at or above failOn (nil never fails), 3 when there was
// no evidence to judge. With a verdict it is that of the verdict: 0 pass,
// 1 regression, 3 nothing to compare, 4 inconclusive. It depends on the model alone, so that every output
// format ends alike.
func Status(r *Report, failOn *Severity) int {
	if r.Verdict != nil {
		return r.Verdict.status()
	}
	if len(r.Findings) == 0 && len(r.Evidence) == 0 && len(r.Exhibits) == 0 {
		return statusNoEvidence
	}
	if worst, any := r.Worst(); any && failOn != nil && worst >= *failOn {
		return statusFindings
	}
	return statusFine
}
