package doctor

// Result is what became of a check.
type Result string

// The results.
const (
	OK      Result = "ok"
	Warning Result = "warning" // it works, or may work, and somebody should look at it
	Failed  Result = "failed"  // a registry can't work so, or not as it is told to
	Skipped Result = "skipped" // an earlier check failed
)

// Row is one check and its result.
type Row struct {
	Name   string `json:"name"`
	Result Result `json:"result"`
	Found  string `json:"found"`           // what was tried and seen
	Means  string `json:"means,omitempty"` // of a warning or failure
	Do     string `json:"do,omitempty"`    // one command, or one setting
}

// Worst is the result of all rows together.
func Worst(rows []Row) Result {
	worst := OK
	for _, r := range rows {
		switch r.Result {
		case Failed:
			return Failed
		case Warning:
			worst = Warning
		}
	}
	return worst
}

func ok(found string) Row { return Row{Result: OK, Found: found} }

func warning(found, means, do string) Row {
	return Row{Result: Warning, Found: found, Means: means, Do: do}
}

func failed(found, means, do string) Row {
	return Row{Result: Failed, Found: found, Means: means, Do: do}
}

func skipped(because string) Row { return Row{Result: Skipped, Found: "because " + because} }
