-- The default staging tables: where an association puts its month, and where syncd only reads.
--
-- This file is not a migration of syncd: it is a start, to adapt. If your payroll software already fills tables or views
-- of its own, keep those and change the SELECTs and the columns in config.toml instead. Run it as the owner of the
-- database, as often as you like:
--
--     psql -d paie -f staging.sql
--     psql -d paie -f roles.sql
--
-- Columns are text even where a code is meant: the codes are the partner's, and syncd checks them against the
-- nomenclatures that it pulled. A wrong code then blocks one employee with a clear message, not the whole import.

CREATE SCHEMA IF NOT EXISTS staging;

-- One row per employee who works there, with this month's situation. matricule has the collation "C" (bytewise)
-- because syncd reads in that order: the primary key then serves as the index for it, and no sort is needed.
-- The key is enforced, so that a doubled row stops the import, where it is easiest to mend. Without it syncd would find
-- the double itself, and block that employee.
CREATE TABLE IF NOT EXISTS staging.employee (
    dossier         text NOT NULL,
    matricule       text COLLATE "C" NOT NULL,
    civilite        text,
    nom_naissance   text,
    nom_usage       text,
    prenom          text,
    date_naissance  date,
    nir             text,
    email           text,
    voie            text,
    code_postal     text,
    ville           text,
    code_pays       text,
    iban            text,
    contrat         text,
    date_debut      date,
    date_fin        date,
    categorie_temps text,
    taux_activite   numeric(5, 2),
    strate          text,
    categorie       text,
    fonction        text,
    PRIMARY KEY (dossier, matricule)
);

COMMENT ON TABLE staging.employee IS 'Salariés présents, un par ligne';
COMMENT ON COLUMN staging.employee.dossier IS 'nom du dossier dans config.toml ([[dossier]] name)';
COMMENT ON COLUMN staging.employee.matricule IS 'matricule de paie : la clé du salarié, zéros de tête compris';
COMMENT ON COLUMN staging.employee.civilite IS 'code de la nomenclature Civilite';
COMMENT ON COLUMN staging.employee.nom_usage IS 'vide s''il est le même que le nom de naissance';
COMMENT ON COLUMN staging.employee.nir IS 'numéro de sécurité sociale, 15 caractères sans espace, clé comprise';
COMMENT ON COLUMN staging.employee.voie IS 'numéro et nom de la rue';
COMMENT ON COLUMN staging.employee.code_pays IS 'deux lettres, FR pour la France';
COMMENT ON COLUMN staging.employee.iban IS 'sans espace';
COMMENT ON COLUMN staging.employee.contrat IS 'code de la nomenclature NatureContrat : 01 CDI, 02 CDD, 07 CDI intermittent';
COMMENT ON COLUMN staging.employee.date_debut IS 'premier jour du contrat';
COMMENT ON COLUMN staging.employee.date_fin IS 'dernier jour du contrat, vide pour un CDI';
COMMENT ON COLUMN staging.employee.categorie_temps IS 'code de la nomenclature CategorieTempsTravail (1470 h ou 1558 h)';
COMMENT ON COLUMN staging.employee.taux_activite IS 'en pour cent : 75.00';
COMMENT ON COLUMN staging.employee.strate IS 'code de la nomenclature Strate : I à IV';
COMMENT ON COLUMN staging.employee.categorie IS 'code de la nomenclature CategorieProfessionnelle';
COMMENT ON COLUMN staging.employee.fonction IS 'code de la nomenclature Fonction';

-- What makes the payslip of the month, any number of rows per employee, the same code more than once if need be. There
-- is no foreign key to staging.employee: exports arrive in any order, often from two programs, and a key would refuse
-- the elements that come first. An element whose employee is missing is not lost: syncd reports it, and the run ends
-- incomplete. There is no primary key either, because two equal rows are two elements.
CREATE TABLE IF NOT EXISTS staging.payroll_element (
    dossier   text NOT NULL,
    matricule text COLLATE "C" NOT NULL,
    period    text NOT NULL CHECK (period ~ '^\d{4}-\d{2}$'),
    code      text NOT NULL,
    quantity  numeric(12, 4),
    amount    numeric(12, 2)
);

CREATE INDEX IF NOT EXISTS payroll_element_read ON staging.payroll_element (dossier, period, matricule);

COMMENT ON TABLE staging.payroll_element IS 'Éléments variables de paie, un par ligne';
COMMENT ON COLUMN staging.payroll_element.matricule IS 'celui de staging.employee';
COMMENT ON COLUMN staging.payroll_element.period IS 'mois de paie : 2026-11';
COMMENT ON COLUMN staging.payroll_element.code IS 'code de la nomenclature ElementVariable';
COMMENT ON COLUMN staging.payroll_element.quantity IS 'heures, jours, repas ou kilomètres ; vide si seul le montant compte';
COMMENT ON COLUMN staging.payroll_element.amount IS 'en euros ; vide si seule la quantité compte';
