package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// Digest identifies what is configured: hex of a SHA-256 over the checked values. Comments, order of keys and language
// do not count, secrets count by their reference only.
func (c *Config) Digest() string { return c.digest }

// JobDigest identifies what a job does and when: hex of a SHA-256, equal in two daemons that would do the same; "" for
// a job that is not configured. What belongs to one machine does not count: where secrets and certificates are kept,
// the database's address, pings, and what the daemon itself is told, but for closed days that move the job's schedule.
func (c *Config) JobDigest(name string) string {
	j, err := c.Job(name)
	if err != nil {
		return ""
	}
	return c.jobDigests[j.Name]
}

// digestJob is JobDigest's work.
func (c *Config) digestJob(j Job) (string, error) {
	type dossier struct{ Name, Siret string }
	var dossiers []dossier
	for _, d := range c.Dossiers(j) {
		dossiers = append(dossiers, dossier{d.Name, d.Siret})
	}
	slices.SortFunc(dossiers, func(a, b dossier) int { return cmp.Compare(a.Name, b.Name) })
	partner := c.Partner().distinct().WithoutSecrets()
	partner.CAFile = ""
	j.DossierNames, j.Ping = nil, Ping{}
	return digest(struct {
		Job      Job
		Partner  Partner
		Dossiers []dossier
	}{j, partner, dossiers})
}

func (c *Config) digestAll() error {
	var err error
	all := *c
	all.Partners = nil
	for _, p := range c.Partners {
		all.Partners = append(all.Partners, p.distinct())
	}
	if c.digest, err = digest(&all); err != nil {
		return err
	}
	c.jobDigests = map[string]string{}
	for _, j := range c.Jobs {
		if c.jobDigests[j.Name], err = c.digestJob(j); err != nil {
			return err
		}
	}
	return nil
}

func digest(values any) (string, error) {
	rendered, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("rendering the configuration for its digest: %w", err)
	}
	sum := sha256.Sum256(rendered)
	return hex.EncodeToString(sum[:]), nil
}
