// Package web is the operators' page: who does the payroll reads there where the month stands, and decides. It is made on the
// server, needs no script, asks no other host for anything, and never talks to a partner: what it starts is queued for a daemon.
//
// One request goes through server.go (who asks, by which name, from which page), access.go (who is it, may they), a handler of
// its page (one file each, one line in routes.go) and render.go (a template into a buffer, then the answer). No template has a
// word of a language: {{.T.Page.Word}} is of the catalogue.
//
// What must hold of it, and the tests that show it:
//
//	 1  the home of 8 employees needs no scrolling, its sum is the run's   web.TestTheHomeShowsWhatIsLeftInABrowser
//	 2  a month by the keyboard alone, with and without scripts            web.TestNovemberByTheKeyboardInABrowser
//	 3  nobody is kept from a page by colours, keys or a small window      web.TestEveryPageIsAccessibleInABrowser
//	 4  a form of an older plan sends nothing; two clicks are one decision web.TestAFormOfAnOlderPlanSendsNothing,
//	    web.TestAHeldRunIsApprovedAsItWasSeen, web.TestTwoDecideAtTheSameMoment
//	 5  a second person                                                    web.TestWhoStartedARunDoesNotLetItGo,
//	    app.TestASecondPersonLetsGoWhatIsHeld
//	 6  foreign forms and names, no session, another's dossier             web.TestRequestsThatAreRefused
//	 7  what a partner says is text, no other host is asked                web.TestTextIsText; browsertest, of each page
//	 8  what is masked is on no page, in no log, audit or mail             web.TestNothingOfPeopleIsOnThePages,
//	    web.TestAMaskedValueIsShownOnce, web.TestARevealedValueIsGoneAfterBackInABrowser, alert.TestNothingOfPeopleIsTold
//	 9  what cannot be recorded is not shown                               web.TestAMaskedValueIsShownOnce
//	10  guessing, codes and sessions                                       web.TestGuessingSlowsDownOneAccount,
//	    web.TestACodeCountsOnce, web.TestSessionsEnd
//	11  a dead page decides wholly or not at all; a dead service is told   process.TestThePageIsKilled,
//	    web.TestEachPageSaysThatTheServiceIsDead
//	12  twelve tabs, and a database that is away                           web.TestTwelveTabsOutliveTheDatabase,
//	    web.TestTwelveTabsInABrowser
//	13  a dossier of 300; what that costs                                  web.TestADossierOfThreeHundredInABrowser, bench.BenchmarkFleetPage
//	14  one cause over 40 dossiers is one mail                             alert.TestFortyDossiersOneCause
//	15  the mail server is away for two hours                              alert.TestTheMailServerIsAwayForTwoHours
//	16  deadlines, and days off                                            alert.TestDeadlines, alert.TestNobodyIsToldAtChristmas
//	17  what the page's role cannot do, and what it may                    web.TestWhatThePageCannotDo, web.TestThePageMayDecide,
//	    web.TestWhatIsUncertainIsSettled, web.TestAContractIsAcceptedAsItWasShown
package web
