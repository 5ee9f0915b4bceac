package report

import "syncd/internal/jobs"

var frenchFindings = map[jobs.Rule]plural{
	jobs.RuleCreated: {"{n} salarié est nouveau, pour {of} déjà en place ; {limit}{keys}", "{n} salariés sont nouveaux, pour {of} déjà en place ; {limit}{keys}"},
	jobs.RuleUpdated: {"{n} salarié sur {of} a une fiche modifiée ; {limit}{keys}", "{n} salariés sur {of} ont une fiche modifiée ; {limit}{keys}"},
	jobs.RuleDeparted: {"{n} salarié sur {of} vient de disparaître des données préparées ; {limit}{keys}",
		"{n} salariés sur {of} viennent de disparaître des données préparées ; {limit}{keys}"},
	jobs.RuleDuplicates: {"{n} matricule a plusieurs lignes dans les données préparées ; {limit}{keys}",
		"{n} matricules ont plusieurs lignes dans les données préparées ; {limit}{keys}"},
	jobs.RuleNoRows:     always("les données préparées ne contiennent aucun salarié"),
	jobs.RuleFall:       {"{n} salarié de moins que les {of} de l'exécution {run} ; {limit}", "{n} salariés de moins que les {of} de l'exécution {run} ; {limit}"},
	jobs.RuleElements:   {"{n} élément de paie, contre {of} d'habitude ; {within}", "{n} éléments de paie, contre {of} d'habitude ; {within}"},
	jobs.RuleCodeTotal:  always("le total de {path} vaut {ratio} fois son niveau habituel{most}"),
	jobs.RuleNoElements: always("personne n'a d'élément de paie ce mois-ci"),
	jobs.RuleGap: {"cette période est à {n} mois {period}, la plus proche jamais envoyée (limite : {max}) : faute de frappe ?",
		"cette période est à {n} mois {period}, la plus proche jamais envoyée (limite : {max}) : faute de frappe ?"},
	jobs.RuleFirst: {"aucun envoi de tout le personnel de ce dossier n'est encore allé à son terme en production, et celui-ci concerne {n} salarié : le premier envoi attend un accord",
		"aucun envoi de tout le personnel de ce dossier n'est encore allé à son terme en production, et celui-ci concerne {n} salariés : le premier envoi attend un accord"},
	jobs.RuleApproval: {"chaque préparation de cette tâche attend un accord (approval = true) ; celle-ci concerne {n} salarié",
		"chaque préparation de cette tâche attend un accord (approval = true) ; celle-ci concerne {n} salariés"},
	jobs.RuleRestored: always("la mémoire de syncd a été restaurée d'une sauvegarde ou déplacée : ce qui a été transmis depuis paraît nouveau ou modifié ; comparez avec Isidoor"),

	jobs.RuleHoldField: always("{path} a changé (à vérifier auprès du salarié)"),
	jobs.RuleUnique:    always("{path} est aussi celui de {others} (une réembauche sous un nouveau matricule serait payée deux fois)"),
	jobs.RuleAmount: {"{path} vaut {ratio} fois sa médiane du dernier mois transmis ({n}){most}",
		"{path} vaut {ratio} fois sa médiane des {n} derniers mois transmis{most}"},
	jobs.RuleAppendChange: always("ce mois a déjà été transmis, et Isidoor ajouterait la nouvelle version au lieu de remplacer l'ancienne"),
	jobs.RuleDrift: {"{n} valeur a été modifiée dans Isidoor depuis l'envoi : {path}",
		"{n} valeurs ont été modifiées dans Isidoor depuis l'envoi, la première est {path}"},

	jobs.RuleLate: {"mois clos {period} : les éléments de {n} salarié ont changé depuis, et n'ont pas été transmis{keys}",
		"mois clos {period} : les éléments de {n} salariés ont changé depuis, et n'ont pas été transmis{keys}"},
	jobs.RuleLateUnknown: always("mois clos {period} : les données préparées ne peuvent plus être comparées avec ce qui a été transmis"),
	jobs.RuleAbsent: {"{n} des salariés redemandés n'est plus dans les données préparées{keys}",
		"{n} des salariés redemandés ne sont plus dans les données préparées{keys}"},
}

var frenchGuard = guardWords{
	limit:   plural{"au plus %s passe sans confirmation", "au plus %s passent sans confirmation"},
	noLimit: "aucun ne passe sans confirmation",
	within:  plural{"un écart d'au plus %s passe sans confirmation", "un écart d'au plus %s passe sans confirmation"},

	noneWithin: "aucun écart ne passe sans confirmation",
	share:      "%s (%s\u202f%%)",
	most:       " (limite : %s fois)",
	more:       plural{" et %s autre", " et %s autres"},
	someone:    "quelqu'un d'autre",
	gone:       "Isidoor n'a plus ce qui a été transmis",
	held:       "Pourquoi elle est en suspens", approved: "Approuvée malgré ceci", was: "Ce que les garde-fous ont relevé", notices: "À savoir",
	wouldHold: "Une exécution serait mise en suspens, dans l'attente d'un accord",
	compared:  "À confirmer, tous les salariés étant comparés",
	holds: plural{"Une exécution retiendrait %s salarié jusqu'à confirmation ; les autres ne l'attendraient pas.",
		"Une exécution retiendrait %s salariés jusqu'à confirmation ; les autres ne les attendraient pas."},
	wasHeld: "avait été retenu : %s",
	runHeld: "l'exécution a été mise en suspens : %s",
}

var frenchDecisions = map[jobs.Decision]string{
	jobs.DecisionRun: "Lancement", jobs.DecisionResume: "Reprise", jobs.DecisionApprove: "Accord", jobs.DecisionCancel: "Annulation",
	jobs.DecisionExpire: "Abandon, faute de décision à temps", jobs.DecisionSettle: "Règlement", jobs.DecisionClose: "Clôture de la période",
	jobs.DecisionReopen: "Réouverture de la période", jobs.DecisionPause: "Mise en pause", jobs.DecisionUnpause: "Fin de la pause",
	jobs.DecisionPurge: "Suppression de données anciennes", jobs.DecisionConfiguration: "Nouvelle configuration constatée",
}

var frenchTrail = trailWords{
	details:   map[string]string{"withdrawn": "annulé dans Isidoor", "accepted": "reçu par Isidoor", "pending": "non reçu par Isidoor"},
	until:     "jusqu'au %s",
	noEntries: "Aucune décision de ce genre n'est enregistrée.", noPeriods: "Aucune période n'est close.",
	of: "exécution %d", by: "par %s", byAt: "par %s sur %s", made: "syncd %s, configuration n° %s",
	periodsHead: []string{"Période", "Dossier", "Environnement", "État", "Depuis", "Par", "Motif"},
	closed:      "close", open: "rouverte", reopened: "rouverte jusqu'au %s",
	employee:  "Salarié %s",
	now:       "Données préparées comparées à ce qu'Isidoor a reçu, période %s",
	delivered: "Aucune différence : ces données ont été transmises.",
	absent:    "Absent des données préparées.",
	unknown:   "Ce matricule est inconnu.",
	failed:    "La comparaison n'a pas pu se faire :",
	lastSent:  "Dernier envoi, période %s : %s, par l'exécution %d.",
	neverSent: "Isidoor n'a jamais rien reçu pour ce salarié.",
	known:     "Ce qu'Isidoor a reçu", history: "Ce qui s'est passé", nothing: "Aucune exécution n'a rien préparé pour ce salarié.",
	sentBy: "%s, par l'exécution %d", neverKnown: "aucune réception confirmée", inDoubt: "douteux : un envoi a suivi, sa réponse est inconnue",
	withdrawn:  "annulé dans Isidoor par une personne",
	closedMark: " (close)",
	job:        "TÂCHE",

	approveHeld: "À confirmer : si c'est exact, donnez votre accord. Sinon, corrigez les données préparées et relancez :",
	approveRun:  "L'exécution entière est en suspens. Regardez-la (« syncd show ») et, si c'est normal, donnez votre accord :",
	settle:      "Vérifiez dans Isidoor si l'envoi a été reçu. Si oui, comme ci-dessous ; sinon, avec --pending :",
	withdraw:    "Disparu des données préparées après un envoi pour cette période. Si l'envoi a été annulé dans Isidoor, notez-le ; sinon, remettez le salarié dans les données préparées :",
	mend:        "Corrigez les données préparées (staging), puis voyez ce qui serait envoyé :",
	reopen:      "La période est close. S'il faut tout de même envoyer ceci, rouvrez-la pour un temps :",
	send:        "Pour envoyer :",
	again:       "Corrigez ce que dit l'erreur, puis redemandez :",
	nothingLeft: "Rien.",
	look:        "Vérifiez le matricule (les zéros du début comptent) et le dossier.",
}
