package locale

// WebWords are those of the operators' page: a struct for each page, and what all share.
type WebWords struct {
	Product   string // in the title of each page
	Skip      string // the first link, to the content
	Nav       navWords
	Form      formWords
	Banner    bannerWords
	Done      map[string]string // told once after what was done, by its code
	Roles     map[string]string // by the name of the role
	Login     loginWords
	OIDC      oidcWords
	Invited   invitedWords
	Prove     proveWords
	Account   accountPage
	Trouble   troubleWords
	Runs      runsPage
	Planning  planningPage
	Run       runPage
	Preview   previewPage
	Month     monthPage
	Fleet     fleetPage
	Waiting   waitingPage
	Search    searchPage
	Employee  employeePage
	Reception receptionPage
	Journal   journalPage
	Contract  contractPage
	Codes     codesPage
	Health    healthPage
	Do        doWords

	Steps, Words, Records map[string]string `args:"*"` // what those of the catalogue say on the page, by their keys
}

// navWords name the pages in the navigation.
type navWords struct {
	Label string // of the navigation, for those who hear it
	Runs  string
	Plan  string // when runs start

	Home, Waiting, Employees, Reception, Journal, Codes, Contract, Health string

	Account string
	Logout  string
}

// formWords are of all forms.
type formWords struct {
	Reason     string
	ReasonHint string
	Wrong      string // above what was refused
	Back       string
}

// bannerWords stand on each page.
type bannerWords struct {
	Environment string `args:"environment"`
	NoDaemon    string
	Unserved    string `args:"jobs"`      // that no daemon executes
	Lost        string `args:"host time"` // of a daemon that died
	Differs     string `args:"jobs"`      // for which a daemon has another configuration
	Untold      string `args:"ways"`      // by which alerts do not leave
	Refused     string `args:"names"`     // whom no alert reaches
	Print       string `args:"time"`
}

type loginWords struct {
	Title, Name, Password, Code, CodeHint, Submit string
	Refused                                       string
	Wait                                          string `args:"duration"`
	Invited, InvitedLink                          string
}

type oidcWords struct {
	Button, Leaving, Away, Trouble, Another  string `args:"label"`
	Taken, Invite, Prove, Linked             string `args:"label"`
	Unknown                                  string `args:"label"`
	NeedsCode, NoTime                        string `args:"label"`
	Refused                                  string `args:"label code"`
	Tell                                     string `args:"subject issuer"` // an administrator
	Onward, Stale, InviteHint                string
	ProveHint, NoProof, TypeCode, InviteCode string
}

type invitedWords struct {
	Title, Lead, Code, CodeHint, Next string
	None                              string // there is no such invitation
	Hello                             string `args:"name"`
	Secret, SecretTyped, Picture      string
	Password, PasswordHint            string `args:"least"`
	Again, Totp, TotpHint, Submit     string
	Refused                           string // the code
}

type proveWords struct{ Title, Lead, Code, Submit, Refused string }

type accountPage struct {
	Title, Password, Former, New, Again, Change, Refused, Sessions, Here, End, Since, Seen, Roles, AllDossiers string
}

// troubleWords tell why there is no page.
type troubleWords struct {
	NotFound, NotFoundText     string
	Forbidden, ForbiddenText   string `args:"who"`
	Nobody                     string // instead of who may
	Foreign, ForeignText       string // a form of another site
	Host, HostText             string
	TooLarge, TooLargeText     string
	Away, AwayText             string // of a database
	AwayLine                   string `args:"time why"` // of it, to read out
	AwayGone, AwaySlow         string // why
	Unready, UnreadyText       string
	Unrecorded, UnrecordedText string
	Unexpected, UnexpectedText string `args:"number"`
	Refused                    string
	ForAdministrator           string // before a line to read out
}

type runsPage struct {
	Title                                          string
	None, NoMatch                                  string // instead of the list; NoMatch: of what is asked for
	More, Older, Newest, AllMonths                 string // where the others are
	Number, Job, Dossier, Period, State, Began, By string // heads of columns
}

type planningPage struct {
	Title, Next, Paused, Pause, Unpause, ByHand, Never, Dossiers, Services string
}

// accountWords tell who may use the page, and what the command line did about it.
type accountWords struct {
	Head                              []string
	None                              string
	Ready, Uninvited, Disabled        string
	Invited                           string `args:"until"`
	Code                              string `args:"name code until page"`
	CodeAlone                         string `args:"name code until"`
	NowLinked                         string `args:"name subject issuer"`
	NowUnlinked                       string `args:"name"`
	RolesSet, NowDisabled, ContactSet string `args:"name"`
	SameEmail                         string `args:"names"`
}
