package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

const (
	ownerHostLabel = "kafkatest.owner-host"
	ownerPIDLabel  = "kafkatest.owner-pid"
)

// ownerLabels mark a container with the test process that started it.
func ownerLabels() map[string]string {
	return map[string]string{ownerHostLabel: hostname(), ownerPIDLabel: strconv.Itoa(os.Getpid())}
}

// removeOrphans removes brokers whose test process on this machine is gone: one that was killed, or that the test
// timeout ended, removes nothing.
func removeOrphans(ctx context.Context, engine *testcontainers.DockerClient) error {
	ours := make(client.Filters).Add("label", ownerHostLabel+"="+hostname())
	found, err := engine.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ours})
	if err != nil {
		return fmt.Errorf("list brokers of earlier tests: %w", err)
	}
	for _, c := range found.Items {
		if !gone(c.Labels[ownerPIDLabel]) {
			continue
		}
		// Another test process may be removing it at this moment, so a failure does not matter.
		_, _ = engine.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	}
	return nil
}

func gone(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err != nil || errors.Is(syscall.Kill(n, 0), syscall.ESRCH)
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
