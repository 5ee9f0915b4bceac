package testpg

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
)

// connections are to one database, and used again: a new one costs the server a process, some 15 ms of processor.
// No goroutine belongs to them, so that tests can look for goroutines left behind.
type connections struct {
	mu     sync.Mutex
	idle   []*pgx.Conn
	closed bool
}

// with calls work with a connection that nobody else uses meanwhile. It is for statements that leave no trace in the
// session.
func (c *connections) with(ctx context.Context, url string, work func(*pgx.Conn) error) error {
	conn, err := c.take(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(work(conn), c.giveBack(ctx, conn))
}

// take skips connections that the server has ended since, as some tests make it do.
func (c *connections) take(ctx context.Context, url string) (*pgx.Conn, error) {
	for {
		conn := c.pop()
		if conn == nil {
			break
		}
		if conn.Ping(ctx) == nil {
			return conn, nil
		}
		_ = conn.Close(ctx) // the server has
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // tests change tables under prepared statements
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the test server: %w\nhint: check %s, or unset it", err, EnvURL)
	}
	return conn, nil
}

func (c *connections) pop() *pgx.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) == 0 {
		return nil
	}
	conn := c.idle[len(c.idle)-1]
	c.idle = c.idle[:len(c.idle)-1]
	return conn
}

func (c *connections) giveBack(ctx context.Context, conn *pgx.Conn) error {
	const outsideTransaction = 'I'
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || conn.IsClosed() || conn.PgConn().TxStatus() != outsideTransaction {
		return conn.Close(ctx)
	}
	c.idle = append(c.idle, conn)
	return nil
}

func (c *connections) close(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, conn := range c.idle {
		_ = conn.Close(ctx) // the test may have cut it
	}
	c.idle = nil
}
