package config

// Use says which process or command reads the settings, and so which of them
// it needs.
type Use int

// The uses. ForPlan needs nothing at all: it calculates.
const (
	ForPlan     Use = iota
	ForWorker       // everything
	ForStarter      // everything but what only shapes the calls to DingTalk
	ForMigrate      // the database
	ForTemporal     // the company and Temporal: commands that start or signal runs
	ForRequest      // these and the budget: commands whose runs cost calls; also the database, if it is set, which knows what was spent
	ForStatus       // the company, the database and Temporal
	ForExport       // the company and the database
	ForDoctor       // everything that a worker needs
)

// concern is one group of settings; a Use needs a set of them.
type concern uint

const (
	concernLog concern = 1 << iota
	concernApp
	concernCompany
	concernDatabase
	concernTemporal
	concernSync
	concernBudget
	concernProcess
)

func (u Use) needs() concern {
	switch u {
	case ForPlan:
		return 0
	case ForWorker, ForStarter:
		return ForDoctor.needs() | concernProcess
	case ForDoctor:
		return concernLog | concernApp | concernCompany | concernDatabase | concernTemporal | concernSync | concernBudget
	case ForMigrate:
		return concernLog | concernDatabase
	case ForTemporal:
		return concernLog | concernCompany | concernTemporal
	case ForRequest:
		return concernLog | concernCompany | concernTemporal | concernBudget
	case ForStatus:
		return concernLog | concernCompany | concernDatabase | concernTemporal
	case ForExport:
		return concernLog | concernCompany | concernDatabase
	default:
		return 0
	}
}

// uses is what is read where it is set, but not demanded.
func (u Use) uses() concern {
	if u == ForRequest {
		return concernDatabase
	}
	return 0
}

// httpAddr is where the process listens unless told otherwise.
func (u Use) httpAddr() string {
	if u == ForStarter {
		return "127.0.0.1:8081"
	}
	return "127.0.0.1:8080"
}
