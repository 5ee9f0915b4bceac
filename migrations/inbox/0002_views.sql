-- +goose Up
-- What people query: docs/inbox.md. A column is not dropped, nor its meaning changed.
CREATE VIEW inbox.dossiers AS SELECT target_id, partner, environment, dossier, base_url FROM inbox.dossier;

CREATE VIEW inbox.records AS
SELECT d.partner, d.environment, d.dossier, r.collection, r.key, r.document, r.version, r.dated, r.first_seen, r.changed_at, r.gone_since,
       r.files_at, r.acknowledged_at
FROM inbox.record r JOIN inbox.dossier d USING (target_id) WHERE r.document IS NOT NULL;

CREATE VIEW inbox.changes AS
SELECT d.partner, d.environment, d.dossier, c.collection, c.key, c.version, c.path, c.at, c.run, c.difference, c.old, c.new
FROM inbox.change c JOIN inbox.dossier d USING (target_id);

CREATE VIEW inbox.files AS
SELECT d.partner, d.environment, d.dossier, f.collection, f.key, f.file, f.type, f.size, f.sha256, f.missing, f.at
FROM inbox.file f JOIN inbox.dossier d USING (target_id);

CREATE VIEW inbox.chorus_factures AS
SELECT d.dossier, d.environment, r.key AS identifiant, r.document ->> 'numeroFacture' AS numero, r.document ->> 'typeFacture' AS type,
       r.document ->> 'statut' AS statut, inbox.moment(r.document ->> 'dateHeureEtatCourant') AS statut_depuis,
       r.document ->> 'commentaireEtatCourant' AS commentaire, r.document ->> 'codeFournisseur' AS fournisseur,
       r.document ->> 'codeDestinataire' AS destinataire, r.document ->> 'designationDestinataire' AS destinataire_nom,
       inbox.date(r.document ->> 'dateFacture') AS date_facture, inbox.date(r.document ->> 'dateDepot') AS date_depot,
       inbox.amount(r.document ->> 'montantHT') AS montant_ht, inbox.amount(r.document ->> 'montantTTC') AS montant_ttc,
       inbox.amount(r.document ->> 'montantAPayer') AS montant_a_payer, r.document ->> 'devise' AS devise,
       r.first_seen, r.changed_at, r.gone_since, r.document
FROM inbox.record r JOIN inbox.dossier d USING (target_id)
WHERE d.partner = 'chorus-pro' AND r.collection = 'factures' AND r.document IS NOT NULL;

CREATE VIEW inbox.iopole_factures AS
SELECT d.dossier, d.environment, r.key AS identifiant, r.document #>> '{businessData,invoiceId}' AS numero, r.document ->> 'way' AS sens,
       inbox.date(r.document #>> '{businessData,invoiceDate}') AS date_facture, inbox.moment(r.document ->> 'createdDate') AS recue_le,
       r.document #>> '{businessData,seller,name}' AS vendeur, r.document #>> '{businessData,seller,siret}' AS vendeur_siret,
       r.document #>> '{businessData,buyer,name}' AS acheteur, r.document #>> '{businessData,buyer,siret}' AS acheteur_siret,
       inbox.amount(r.document #>> '{businessData,monetary,taxBasisTotalAmount}') AS montant_ht,
       inbox.amount(r.document #>> '{businessData,monetary,invoiceAmount}') AS montant_ttc,
       r.document #>> '{businessData,monetary,invoiceCurrency}' AS devise,
       r.first_seen, r.changed_at, r.files_at, r.acknowledged_at, r.document
FROM inbox.record r JOIN inbox.dossier d USING (target_id)
WHERE d.partner = 'iopole' AND r.collection = 'factures' AND r.document IS NOT NULL;

CREATE VIEW inbox.iopole_statuts AS
SELECT d.dossier, d.environment, r.key AS identifiant, r.document ->> 'invoiceId' AS facture,
       r.document #>> '{status,code}' AS statut, r.document #>> '{status,networkCode}' AS code, r.document ->> 'destType' AS destinataire,
       inbox.moment(r.document ->> 'date') AS date, r.first_seen, r.acknowledged_at, r.document
FROM inbox.record r JOIN inbox.dossier d USING (target_id)
WHERE d.partner = 'iopole' AND r.collection = 'statuts' AND r.document IS NOT NULL;

-- +goose Down
DROP VIEW inbox.iopole_statuts, inbox.iopole_factures, inbox.chorus_factures, inbox.files, inbox.changes, inbox.records, inbox.dossiers;
