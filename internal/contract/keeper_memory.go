package contract

import (
	"context"
	"fmt"
	"sync"
)

// keptDocuments bounds what a process that runs for months remembers.
const keptDocuments = 4

// memory keeps the few contracts that are looked at again and again, by digest.
type memory struct {
	mu        sync.Mutex
	documents map[string]*Document
}

func (m *memory) get(digest string) *Document {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.documents[digest]
}

func (m *memory) keep(d *Document) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.documents == nil || len(m.documents) >= keptDocuments {
		m.documents = map[string]*Document{}
	}
	m.documents[d.Digest] = d
}

// document reads a contract of the ledger.
func (k *Keeper) document(ctx context.Context, digest string) (*Document, error) {
	if known := k.memory.get(digest); known != nil {
		return known, nil
	}
	text, err := k.Ledger.ContractText(ctx, k.Name, digest)
	if err != nil {
		return nil, err
	}
	document, err := Read(text)
	if err != nil {
		return nil, fmt.Errorf("reading contract %.12s of the ledger: %w", digest, err)
	}
	if document.Digest != digest { // another version of syncd made it: keep to the name that the ledger knows
		document.Digest = digest
	}
	k.memory.keep(document)
	return document, nil
}
