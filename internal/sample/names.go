package sample

// Names as they are spelled in France: accents, ligatures, apostrophes, hyphens, spaces.
var surnames = []string{
	"Martin", "Bernard", "Lefèvre", "Garnier", "Béranger", "L'Hostis", "Le Goff-Ménard", "Œuvrard", "D'Hervé", "N'Diaye",
	"Saint-Cœur", "Müller", "Guéguen", "Le Bihan", "Kerouédan", "Cœurdacier", "Lemaître", "Gonçalves", "Françaix", "Noël",
	"Häusser", "Etchegoyen", "De La Haye", "Du Plessis-Gérard", "Fournier", "Girard", "Bonnet", "Dupré", "Chrétien", "Hélias",
	"L'Hermitte", "Quéméner", "Tanguy", "Lapeÿre", "Benoît", "Castañer", "Da Silva", "Nguyen", "Traoré", "El Khoury",
	"Rousseau", "Vidal-Pagès", "Delaître", "Maréchal", "Crépin", "Gaëtan", "Le Floc'h", "Prud'homme", "Géraud", "Ozanam",
}

var womenNames = []string{
	"Camille", "Zoé", "Anaïs", "Maëlys", "Gaëlle", "Hélène", "Françoise", "Marie-Thérèse", "Noémie", "Aïcha", "Clémence",
	"Océane", "Solène", "Bénédicte", "Chloé", "Inès", "Anne-Sophie", "Cécile", "Maïwenn", "Élodie", "Agnès", "Lætitia",
	"Maïté", "Marie-Noëlle", "Béatrice", "Nolwenn",
}

var menNames = []string{
	"François", "Loïc", "Jean-Noël", "Gaël", "Rémi", "Frédéric", "Jérôme", "Benoît", "Raphaël", "Stéphane", "Mickaël",
	"Jean-François", "Théo", "Éric", "Noé", "Cédric", "Hervé", "Aurélien", "Ismaël", "Yann",
}

var houseNumbers = []string{"1", "2 bis", "3", "5", "7", "8 ter", "12", "14", "19", "27", "33", "48 B", "102"}

var streets = []string{
	"rue de l'Église", "rue de l'École", "place du Général-de-Gaulle", "avenue Jean-Jaurès", "impasse des Chênes",
	"allée de la Fraternité", "rue Sainte-Anne", "chemin du Moulin-à-Vent", "boulevard de la Liberté", "rue d'Aiguillon",
	"lieu-dit Kerhuél", "quai de l'Île", "rue du 8-Mai-1945", "résidence « Les Hêtres », rue Pasteur",
}

// towns are postal codes and names.
var towns = [][2]string{
	{"35000", "RENNES"}, {"29200", "BREST"}, {"56000", "VANNES"}, {"44000", "NANTES"}, {"22000", "SAINT-BRIEUC"},
	{"49000", "ANGERS"}, {"53000", "LAVAL"}, {"72000", "LE MANS"}, {"85000", "LA ROCHE-SUR-YON"}, {"69003", "LYON"},
	{"42000", "SAINT-ÉTIENNE"}, {"59000", "LILLE"}, {"13001", "MARSEILLE"}, {"20090", "AJACCIO"}, {"01000", "BOURG-EN-BRESSE"},
	{"62230", "OUTREAU"}, {"35400", "SAINT-MALO"}, {"50400", "GRANVILLE"}, {"76600", "LE HAVRE"}, {"75014", "PARIS"},
}
