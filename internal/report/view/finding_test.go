package view

import (
	"strings"
	"testing"

	"syncd/internal/diff"
	"syncd/internal/jobs"
	"syncd/internal/report/locale"
)

// findings are one of each rule, as the guards make them.
var findings = map[jobs.Rule]jobs.Finding{
	jobs.RuleCreated:        {Holds: true, N: 9, Of: 40, Limit: 8, Keys: []string{"00050"}},
	jobs.RuleUpdated:        {Holds: true, N: 14, Of: 40, Limit: 12, Keys: []string{"00012", "00031"}},
	jobs.RuleDeparted:       {Holds: true, N: 2, Of: 8, Keys: []string{"00012", "00031"}},
	jobs.RuleDuplicates:     {Holds: true, N: 1, Of: 40, Keys: []string{"00012"}},
	jobs.RuleNoRows:         {Holds: true},
	jobs.RuleFall:           {Holds: true, N: 1200, Of: 4000, Limit: 400, Run: 11},
	jobs.RuleElements:       {Holds: true, N: 25, Of: 120, Limit: 60},
	jobs.RuleCodeTotal:      {Holds: true, Path: "Elements[PRIME_EXC].Montant", Ratio: 3.4, Most: 2},
	jobs.RuleNoElements:     {Holds: true, N: 40},
	jobs.RuleGap:            {Holds: true, N: 38, Limit: 2, Period: "2026-11"},
	jobs.RuleBack:           {Holds: true, N: 11, Limit: 1, Period: "2026-12"},
	jobs.RuleHeldRun:        {Holds: true, Run: 11},
	jobs.RuleFirst:          {Holds: true, N: 40},
	jobs.RuleApproval:       {Holds: true, N: 1},
	jobs.RulePreview:        {Holds: true, N: 3},
	jobs.RuleSecondPerson:   {Holds: true, N: 3},
	jobs.RuleRestored:       {Holds: true},
	jobs.RuleForgotten:      {Holds: true},
	jobs.RuleRemoved:        {Holds: true},
	jobs.RuleAltered:        {Holds: true},
	jobs.RuleAlteredFigures: {Holds: true, Run: 12},
	jobs.RuleHoldField:      {Holds: true, Path: "Iban"},
	jobs.RuleUnique:         {Holds: true, N: 1, Path: "Iban", Keys: []string{"00042"}},
	jobs.RuleAmount:         {Holds: true, N: 6, Path: "Elements[HSUP25].Quantite", Ratio: 12.5, Most: 5},
	jobs.RuleLost:           {Holds: true, N: 3},
	jobs.RuleAstray:         {Holds: true, N: 1, Keys: []string{"42"}},
	jobs.RuleAppendChange:   {Holds: true},
	jobs.RuleUnread:         {Holds: true, Status: 403},
	jobs.RuleDrift: {Holds: true, N: 2, Path: "Adresse.Ville",
		Changes: []diff.Change{{Path: "Adresse.Ville", Op: "*", Old: `"RENNES"`, New: `"BRUZ"`}, {Path: "Iban", Op: "*", Masked: true}}},
	jobs.RuleStale:        {N: 2, Keys: []string{"00012", "00031"}},
	jobs.RuleStaleUnknown: {},
	jobs.RuleLate:         {N: 3, Period: "2026-10", Keys: []string{"00012", "00031", "00042"}},
	jobs.RuleLateUnknown:  {Period: "2026-10"},
	jobs.RuleAbsent:       {N: 1, Keys: []string{"00012"}},
	jobs.RuleBadIBAN:      {Holds: true, Path: "Iban", Column: "rib"},
	jobs.RuleBadNIR:       {Holds: true, Path: "Nir", Column: "num_secu"},
	jobs.RuleDamagedText: {N: 3, Path: "Elements[].Libelle", Column: "libelle", Marks: []string{"U+FFFD", "mojibake"},
		Keys: []string{"00012", "00031"}},
	jobs.RuleOddDate:     {N: 1, Path: "Contrat.DateFin", Column: "date_fin", Keys: []string{"00012"}},
	jobs.RuleShortPostal: {N: 2, Path: "Adresse.CodePostal", Column: "code_postal", Keys: []string{"00012", "00031"}},

	jobs.RuleForm: {Holds: true, N: 8, Keys: []string{"00012"},
		Form: []jobs.FormChange{{Member: jobs.FormPath, Old: "/V2/Salarie/Simulation", New: "/V2/Salarie"}}},
	jobs.RuleSharing: {Holds: true, N: 1, Others: []jobs.OtherTarget{{ID: 1, Dossier: "st-martin",
		BaseURL: "https://www.isidoor.org/api2"}}},
	jobs.RuleSiret:    {Holds: true, Form: []jobs.FormChange{{Member: jobs.FormSiret, Old: "12345678200010", New: "99999999800019"}}},
	jobs.RuleOtherJob: {Holds: true, Job: "paie-bis", Run: 11},
	jobs.RuleContract: {Holds: true, N: 2, Contract: []jobs.ContractChange{{Kind: jobs.ContractMemberRequired, Path: "Email",
		Breaking: true}}},
	jobs.RuleNoJSON:           {Holds: true, Members: []string{"application/xml", "multipart/form-data"}},
	jobs.RuleUnknownMember:    {Holds: true, N: 3, Members: []string{"Nir", "Elements[].Montant"}},
	jobs.RuleContractAdded:    {N: 1, Contract: []jobs.ContractChange{{Kind: jobs.ContractMemberAdded, Path: "Bic"}}},
	jobs.RuleUnchecked:        {},
	jobs.RuleContractAccepted: {N: 2, Contract: []jobs.ContractChange{{Kind: jobs.ContractMemberRequired, Path: "Email", Breaking: true}}},
	jobs.RuleContractStale:    {N: 2, Keys: []string{"00012", "00031"}},
	jobs.RuleUnseen:           {N: 2, Keys: []string{"00012", "00031"}},
	jobs.RuleTaken:            {N: 2, Keys: []string{"00012", "00031"}},
	jobs.RuleImpact:           {N: 1, Of: 40, Job: "paie", Period: "2026-11", Keys: []string{"00012"}},
	jobs.RuleImpactUnknown:    {Job: "paie", Period: "2026-10"},

	jobs.RuleEmpty:         {Holds: true, N: 40, Of: 40, Path: "factures"},
	jobs.RuleGone:          {Holds: true, N: 12, Of: 40, Limit: 8, Path: "factures", Keys: []string{"901", "902"}},
	jobs.RuleForeign:       {Holds: true, N: 2, Path: "factures"},
	jobs.RuleUnsettled:     {N: 3, Path: "factures"},
	jobs.RuleWebhook:       {N: 1},
	jobs.RuleWebhookUntold: {},
	jobs.RuleClosed:        {N: 3, Path: "statuts"},
	jobs.RuleUnswept:       {N: 3, Path: "statuts"},
	jobs.RuleMissingFile:   {N: 1, Path: "factures", Keys: []string{"901"}},
	jobs.RulePasswordAge:   {N: 401, Of: 424},
}

func TestFinding(t *testing.T) {
	t.Parallel()
	sentences := map[jobs.Rule][2]string{
		jobs.RuleCreated: {"9 employees are new, beside 40 already there; at most 8 (20%) pass without a person: 00050 and 8 more",
			"9 salariés sont nouveaux, pour 40 déjà en place ; au plus 8 (20\u202f%) passent sans confirmation : 00050 et 8 autres"},
		jobs.RuleUpdated: {"14 of 40 employees have changed details; at most 12 (30%) pass without a person: 00012, 00031 and 12 more",
			"14 salariés sur 40 ont une fiche modifiée ; au plus 12 (30\u202f%) passent sans confirmation : 00012, 00031 et 12 autres"},
		jobs.RuleDeparted: {"2 of 8 employees have newly gone from staging; none passes without a person: 00012, 00031",
			"2 salariés sur 8 viennent de disparaître des données préparées ; aucun ne passe sans confirmation : 00012, 00031"},
		jobs.RuleDuplicates: {"1 matricule has several rows in staging; none passes without a person: 00012",
			"1 matricule a plusieurs lignes dans les données préparées ; aucun ne passe sans confirmation : 00012"},
		jobs.RuleNoRows: {"staging holds no employee at all", "les données préparées ne contiennent aucun salarié"},
		jobs.RuleForm: {"documents go by another call than those that Isidoor acknowledged last (path /V2/Salarie/Simulation, now " +
			"/V2/Salarie): 8 employees who are unchanged were sent elsewhere, and are sent again: 00012 and 7 more",
			"les fiches partent par un autre appel que les dernières qu'Isidoor a reçues (chemin /V2/Salarie/Simulation, désormais /V2/Salarie) : " +
				"8 salariés inchangés avaient été transmis ailleurs, et sont renvoyés : 00012 et 7 autres"},
		jobs.RuleStale: {"staging has changed for 2 employees since this was planned, which was not sent: run again: 00012, 00031",
			"les données préparées ont changé pour 2 salariés depuis la préparation, ce qui n'a pas été transmis : lancez une nouvelle " +
				"exécution : 00012, 00031"},
		jobs.RuleStaleUnknown: {"whether staging has changed since this was planned could not be told: run again",
			"impossible de dire si les données préparées ont changé depuis la préparation : lancez une nouvelle exécution"},
		jobs.RuleSharing: {"this establishment (SIRET) was sent to before as st-martin (https://www.isidoor.org/api2): what went there is not " +
			"known here, and would be sent a second time",
			"cet établissement (SIRET) a déjà reçu des envois sous st-martin (https://www.isidoor.org/api2) : ce qui y est parti n'est pas connu " +
				"ici, et serait transmis une seconde fois"},
		jobs.RuleSiret: {"the dossier stands for another establishment than when it was sent to (SIRET 12345678200010, now 99999999800019): " +
			"another association needs a [[dossier]] with another name; if only the number was wrong, approve",
			"le dossier désigne un autre établissement que lors des envois précédents (SIRET 12345678200010, désormais 99999999800019) : à une " +
				"autre association, il faut un dossier d'un autre nom ; si seul le numéro était faux, donnez votre accord"},
		jobs.RuleOtherJob: {"job paie-bis (run 11) sent last to this dossier, with another mapping: this run would replace what it sent",
			"la tâche paie-bis (exécution 11) a transmis en dernier à ce dossier, avec une autre correspondance des champs : cette exécution " +
				"remplacerait ce qu'elle a transmis"},
		jobs.RuleFall: {"1,200 employees fewer than the 4,000 of run 11; at most 400 (10%) pass without a person",
			"1\u202f200 salariés de moins que les 4\u202f000 de l'exécution 11 ; au plus 400 (10\u202f%) passent sans confirmation"},
		jobs.RuleElements: {"25 payroll elements, where 120 are usual; a difference of at most 60 (50%) passes without a person",
			"25 éléments de paie, contre 120 d'habitude ; un écart d'au plus 60 (50\u202f%) passe sans confirmation"},
		jobs.RuleCodeTotal: {"the total of PRIME_EXC.Montant is 3.4 times what it usually is (limit: 2 times)",
			"le total de PRIME_EXC.Montant vaut 3,4 fois son niveau habituel (limite : 2 fois)"},
		jobs.RuleNoElements: {"nobody has a single payroll element this month", "personne n'a d'élément de paie ce mois-ci"},
		jobs.RuleGap: {"this period is 38 months from November 2026, the nearest one ever sent (limit: 2): mistyped?",
			"cette période est à 38 mois de novembre 2026, la plus proche jamais envoyée (limite : 2) : faute de frappe ?"},
		jobs.RuleBack: {"this period is 11 months older than December 2026, the newest one sent (limit: 1): mistyped?",
			"cette période est antérieure de 11 mois à la plus récente envoyée, celle de décembre 2026 (limite : 1) : faute de frappe ?"},
		jobs.RuleHeldRun: {"run 11 of this month waits for a person, and concerns these employees, too",
			"l'exécution 11 de ce mois attend une décision, et concerne aussi ces salariés"},
		jobs.RuleFirst: {"no transfer of everyone has come to its end in production for this dossier, and this one is for 40 employees: the " +
			"first transfer waits for a person",
			"aucun envoi de tout le personnel de ce dossier n'est encore allé à son terme en production, et celui-ci concerne 40 salariés : le " +
				"premier envoi attend un accord"},
		jobs.RuleApproval: {"each plan of this job waits for a person (approval = true); this one is for 1 employee",
			"chaque préparation de cette tâche attend un accord ; celle-ci concerne 1 salarié"},
		jobs.RuleSecondPerson: {"each plan of this job waits for another person than who started it " +
			"(second_person = \"always\"); this one is for 3 employees",
			"chaque préparation de cette tâche attend une autre personne que celle qui l'a lancée ; " +
				"celle-ci concerne 3 salariés"},
		jobs.RulePreview: {"the data have changed since the preview: what would be sent is not what was shown (3 employees)",
			"les données préparées ont changé depuis l'aperçu : ce qui partirait n'est pas ce qui a été affiché (3 salariés)"},
		jobs.RuleRestored: {"the ledger was restored, put back or moved: what was sent since then looks changed or new; compare with Isidoor",
			"le registre a été restauré, remis en arrière ou déplacé : ce qui a été transmis depuis paraît nouveau ou modifié ; " +
				"comparez avec Isidoor"},
		jobs.RuleForgotten: {"this matricule was erased, and something had been sent for it this month: it would be paid again",
			"ce matricule a été effacé, et quelque chose avait été transmis pour lui ce mois-ci : il serait payé une seconde fois"},
		jobs.RuleRemoved: {"what was sent for this month is past its time and no longer kept, so nobody can tell what has changed",
			"ce qui avait été transmis pour ce mois n'est plus conservé, et nul ne peut dire ce qui a changé"},
		jobs.RuleAltered: {"what was sent before cannot be opened: somebody altered the ledger, so nobody can tell what has changed",
			"ce qui avait été transmis est illisible : le registre a été altéré, et nul ne peut dire ce qui a changé"},
		jobs.RuleAlteredFigures: {"what the guards remember of run 12 cannot be opened: somebody altered the ledger",
			"ce que les garde-fous ont gardé de l'exécution 12 est illisible : le registre a été altéré"},
		jobs.RuleHoldField: {"Iban has changed (to be checked with the employee)", "Iban a changé (à vérifier auprès du salarié)"},
		jobs.RuleBadIBAN: {"Iban is no valid IBAN: its check digits or its length are wrong (column rib of staging)",
			"Iban n'est pas un IBAN valide : sa clé ou sa longueur est fausse (colonne rib des données préparées)"},
		jobs.RuleBadNIR: {"Nir is no valid NIR: its key or its length is wrong (column num_secu of staging)",
			"Nir n'est pas un NIR valide : sa clé ou sa longueur est fausse (colonne num_secu des données préparées)"},
		jobs.RuleUnique: {"Iban is also that of 00042 (a rehire under a new matricule would be paid twice)",
			"Iban est aussi celui de 00042 (une réembauche sous un nouveau matricule serait payée deux fois)"},
		jobs.RuleAmount: {"HSUP25.Quantite is 12.5 times its median of the last 6 months sent (limit: 5 times)",
			"HSUP25.Quantite vaut 12,5 fois sa médiane des 6 derniers mois transmis (limite : 5 fois)"},
		jobs.RuleLost: {"has no payroll element any more, while 3 in staging belong to no employee",
			"n'a plus aucun élément de paie, alors que 3 des données préparées n'ont pas de salarié"},
		jobs.RuleAstray: {"1 payroll element in staging belongs to no employee, and may be this one's, under another spelling of the " +
			"matricule: 42",
			"1 élément de paie des données préparées n'a pas de salarié, et vient peut-être d'ici, le matricule étant écrit autrement : 42"},
		jobs.RuleAppendChange: {"this month was already sent, and Isidoor would add the new version to it instead of replacing it",
			"ce mois a déjà été transmis, et Isidoor ajouterait la nouvelle version au lieu de remplacer l'ancienne"},
		jobs.RuleDrift: {"2 values were edited in Isidoor since they were sent, the first is Adresse.Ville",
			"2 valeurs ont été modifiées dans Isidoor depuis l'envoi, la première est Adresse.Ville"},
		jobs.RuleUnread: {"whether it was edited in Isidoor since it was sent could not be read back (HTTP 403)",
			"impossible de relire dans Isidoor si la fiche y a été modifiée depuis l'envoi (HTTP 403)"},
		jobs.RuleUnseen: {"the unchanged documents of 2 employees could not be read back: whether they were edited in Isidoor is not known: " +
			"00012, 00031",
			"les fiches inchangées de 2 salariés n'ont pu être relues : on ne sait pas si elles ont été modifiées dans Isidoor : 00012, 00031"},
		jobs.RuleLateUnknown: {"closed month October 2026: staging can no longer be compared with what was sent",
			"mois clos d'octobre 2026 : les données préparées ne peuvent plus être comparées avec ce qui a été transmis"},
		jobs.RuleLate: {"closed month October 2026: elements of 3 employees have changed since, and were not sent: 00012, 00031, 00042",
			"mois clos d'octobre 2026 : les éléments de 3 salariés ont changé depuis, et n'ont pas été transmis : 00012, 00031, 00042"},
		jobs.RuleAbsent: {"1 of those asked for again is no longer in staging: 00012",
			"1 des salariés redemandés n'est plus dans les données préparées : 00012"},
		jobs.RuleContract: {"the contract of Isidoor's API has 2 changes that break what is sent, and that a person must accept",
			"le contrat de l'API d'Isidoor a 2 changements incompatibles avec ce qui est envoyé, qu'une personne doit accepter"},
		jobs.RuleNoJSON: {"by the contract of Isidoor's API this call takes no JSON, as which documents are sent, but other forms: " +
			"application/xml, multipart/form-data",
			"d'après le contrat de l'API d'Isidoor, cet appel n'accepte pas le JSON, forme sous laquelle les fiches sont envoyées, mais " +
				"d'autres : application/xml, multipart/form-data"},
		jobs.RuleUnknownMember: {"3 members that are sent are unknown to the contract of Isidoor's API, or read-only there, and would be " +
			"dropped silently: Nir, Elements[].Montant and 1 more",
			"3 champs envoyés sont inconnus du contrat de l'API d'Isidoor, ou y sont en lecture seule, et seraient ignorés sans avertissement : " +
				"Nir, Elements[].Montant et 1 autre"},
		jobs.RuleDamagedText: {"Elements[].Libelle, column libelle of staging: the texts of 3 employees look damaged (U+FFFD, mojibake); " +
			"correct the import, or its encoding: 00012, 00031 and 1 more",
			"Elements[].Libelle, colonne libelle des données préparées : les textes de 3 salariés semblent abîmés (U+FFFD, mojibake) ; " +
				"corrigez l'import ou son encodage : 00012, 00031 et 1 autre"},
		jobs.RuleOddDate: {"Contrat.DateFin, column date_fin of staging: the date of 1 employee is so far away that it stands for none; leave " +
			"it empty instead: 00012",
			"Contrat.DateFin, colonne date_fin des données préparées : la date de 1 salarié est si lointaine qu'elle n'en est " +
				"pas une ; laissez-la vide : 00012"},
		jobs.RuleShortPostal: {"Adresse.CodePostal, column code_postal of staging: the postal codes of 2 employees have four digits; a 0 in " +
			"front may be lost: 00012, 00031",
			"Adresse.CodePostal, colonne code_postal des données préparées : les codes postaux de 2 salariés ont quatre chiffres ; " +
				"un 0 de tête s'est peut-être perdu : 00012, 00031"},
		jobs.RuleContractAdded: {"the contract of Isidoor's API has 1 change that breaks nothing",
			"le contrat de l'API d'Isidoor a 1 changement sans conséquence"},
		jobs.RuleContractAccepted: {"the contract of Isidoor's API has 2 changes that broke what was sent; a person has accepted them since",
			"le contrat de l'API d'Isidoor a 2 changements qui étaient incompatibles avec ce qui était envoyé ; une personne les a acceptés depuis"},
		jobs.RuleUnchecked: {"documents go unchecked: no contract of Isidoor's API is known that has this call " +
			"(the administrator: 'syncd check')",
			"les fiches partent sans contrôle préalable : aucun contrat connu de l'API d'Isidoor ne comporte cet appel " +
				"(l'administrateur : « syncd check »)"},
		jobs.RuleContractStale: {"2 unchanged employees do not fit the new contract of Isidoor's API, and would be blocked at their next " +
			"change: 00012, 00031",
			"les fiches de 2 salariés, inchangées, ne conviennent pas au nouveau contrat de l'API d'Isidoor, et seraient bloquées à leur " +
				"prochaine modification : 00012, 00031"},
		jobs.RuleTaken: {"Isidoor accepted the records of 2 employees for processing (HTTP 202); whether they were processed, nobody has said: " +
			"check there: 00012, 00031",
			"Isidoor a pris en charge les fiches de 2 salariés (HTTP 202) sans dire si elles ont été traitées : à vérifier dans Isidoor : 00012, " +
				"00031"},
		jobs.RuleImpact: {"next run of paie, November 2026: 1 employee would be blocked by codes that are unknown or withdrawn: 00012",
			"prochaine exécution de paie, période de novembre 2026 : 1 salarié serait bloqué par des codes inconnus ou retirés : 00012"},
		jobs.RuleImpactUnknown: {"next run of paie, October 2026: whom the codes would block could not be worked out",
			"prochaine exécution de paie, période d'octobre 2026 : impossible de dire qui serait bloqué par les codes"},
		jobs.RuleEmpty: {"factures: Isidoor lists nothing, although 40 were known: nothing was marked as gone",
			"factures : Isidoor ne liste rien, alors que 40 étaient connus : rien n'a été marqué comme disparu"},
		jobs.RuleGone: {"factures: 12 of 40 known are no longer listed; at most 8 (20%) pass without a person: 901, 902 and 10 more",
			"factures : 12 des 40 connus ne sont plus dans la liste ; au plus 8 (20\u202f%) passent sans confirmation : 901, 902 et 10 autres"},
		jobs.RuleForeign: {"factures: 2 records are another owner's, and nothing of them was kept",
			"factures : 2 éléments appartiennent à un autre titulaire, et rien n'en a été conservé"},
		jobs.RuleUnsettled: {"factures: no walk through the list surely showed all, as it changed meanwhile; the next run tries again",
			"factures : aucun parcours de la liste n'a sûrement tout montré, car elle changeait ; la prochaine exécution réessaiera"},
		jobs.RuleWebhook: {"Isidoor has 1 active webhook: what it delivers is missing from the lists of what is new",
			"Isidoor a 1 webhook actif : ce qu'il livre manque dans les listes de nouveautés"},
		jobs.RuleWebhookUntold: {"Isidoor does not tell whether a webhook takes what the lists of what is new would show",
			"Isidoor ne dit pas si un webhook retire ce que montreraient les listes de nouveautés"},
		jobs.RuleClosed: {"statuts: 3 records were acknowledged by somebody else, or by us without an answer that arrived",
			"statuts : 3 éléments ont été confirmés par un autre, ou par nous sans que la réponse arrive"},
		jobs.RuleUnswept: {"statuts: the ledger was put back: what was acknowledged to Isidoor within 3 days, " +
			"and is lost, is in no list any more",
			"statuts : le registre a été restauré : ce qui a été confirmé à Isidoor en 3 jours, et qui est perdu, n'est plus dans aucune liste"},
		jobs.RuleMissingFile: {"factures: 1 file could not be stored: 901",
			"factures : 1 fichier n'a pas pu être conservé : 901"},
		jobs.RulePasswordAge: {"the password at Isidoor is 401 days old, and must be changed after 424",
			"le mot de passe chez Isidoor a 401 jours, et doit être changé après 424"},
	}
	for _, name := range constants(t, "../../jobs", "Rule") {
		rule := jobs.Rule(name)
		f, want := findings[rule], sentences[rule]
		f.Rule = rule
		for i, language := range []locale.Language{locale.English, locale.French} {
			if got := New(language, Options{Partner: payer}).Finding(f); got != want[i] {
				t.Errorf("%s: %s", rule, got)
			}
		}
	}
}

// What is unusual in a finding itself is said as well.
func TestFindingAtTheEdges(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]jobs.Finding{
		"the total of A.B is 0 times what it usually is (limit: 0.5 times)": {Rule: jobs.RuleCodeTotal, Path: "Elements[A].B", Ratio: 0,
			Most: 0.5},
		"the total of A.B is 1,235 times what it usually is": {Rule: jobs.RuleCodeTotal, Path: "Elements[A].B", Ratio: 1234.6,
			Most: 1e308},
		"the total of A.B is 0.3 times what it usually is": {Rule: jobs.RuleCodeTotal, Path: "Elements[A].B", Ratio: 0.3,
			Most: 3},
		"Isidoor no longer holds what was sent":                                {Rule: jobs.RuleDrift, N: 1},
		"1 value was edited in Isidoor since it was sent: Nom":                 {Rule: jobs.RuleDrift, N: 1, Path: "Nom"},
		"Iban is also that of someone else (a rehire under a new matricule wo": {Rule: jobs.RuleUnique, Path: "Iban"},
		"1 payroll element, where 90 are usual; no difference passes without ": {Rule: jobs.RuleElements, N: 1, Of: 90},
		"future": {Rule: "future", N: 3},
	} {
		if got := New(locale.English, Options{Partner: payer}).Finding(f); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPlaceOfAProblem(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"Elements[2].Code":          "Elements, élément 3, Code",
		"Paie.Elements[0].Quantite": "Paie.Elements, élément 1, Quantite",
		"Contrat.CodeNature":        "Contrat.CodeNature",
		"Elements[HSUP25].Quantite": "Elements[HSUP25].Quantite",
		"Elements[9999999999999].A": "Elements[9999999999999].A",
		"":                          "",
		"/Elements/2/Code":          "Elements, élément 3, Code",
		"/Elements/2":               "Elements, élément 3",
		"/Paie/Elements/0/A/B":      "Paie.Elements, élément 1, A.B",
		"/Listes/0/1":               "Listes, élément 1, élément 2",
		"/Contrat/CodeNature":       "Contrat.CodeNature",
		"/Codes/01":                 "Codes.01",
		"/a~1b/c~0d~01":             "a/b.c~d~1",
		"/0/Nom":                    "0.Nom",
		"/Elements/99999999999":     "Elements.99999999999",
		"/":                         "",
	} {
		if got := New(locale.French, Options{Partner: payer}).place(path); got != want {
			t.Errorf("%q is shown as %q", path, got)
		}
	}
}
