package kafkatest

import (
	"context"
	"fmt"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/testcontainers/testcontainers-go"
)

const (
	diskPath = "/disk"
	// ballast takes what the broker has left of its disk.
	ballast = diskPath + "/ballast"
	backup  = diskPath + "/backup"
)

// startDisk starts a container that does nothing but hold a disk of the given size, in memory: the broker that uses it
// may stop and finds it as it was.
func startDisk(ctx context.Context, size int64) (testcontainers.Container, error) {
	const owner = 1000 // the image's user
	disk := mount.Mount{
		Type: mount.TypeVolume, Target: diskPath,
		VolumeOptions: &mount.VolumeOptions{DriverConfig: &mount.Driver{Name: "local", Options: map[string]string{
			"type": "tmpfs", "device": "tmpfs", "o": fmt.Sprintf("size=%d,uid=%d", size, owner),
		}}},
	}
	return testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{
		Started: true,
		ContainerRequest: testcontainers.ContainerRequest{
			Image:              Image(),
			Cmd:                []string{"sleep", "infinity"},
			Labels:             ownerLabels(),
			HostConfigModifier: func(c *container.HostConfig) { c.Mounts = []mount.Mount{disk} },
		},
	})
}

// FillDisk leaves no byte of the disk of a broker that has one of its own (Options.DiskSize).
func (b *Broker) FillDisk(t testing.TB) {
	t.Helper()
	b.onDisk(t, "cat /dev/zero >"+ballast+" || true")
}

// FreeDisk undoes FillDisk.
func (b *Broker) FreeDisk(t testing.TB) { t.Helper(); b.onDisk(t, "rm "+ballast) }

// Backup copies the disk of a broker that has one of its own and is stopped.
func (b *Broker) Backup(t testing.TB) {
	t.Helper()
	b.onDisk(t, "rm -rf "+backup+" && cp -a "+diskPath+"/data "+backup)
}

// Restore puts the copy that Backup made in the place of what the broker has.
func (b *Broker) Restore(t testing.TB) {
	t.Helper()
	b.onDisk(t, "rm -rf "+diskPath+"/data && cp -a "+backup+" "+diskPath+"/data")
}

func (b *Broker) onDisk(t testing.TB, script string) {
	t.Helper()
	b.RequireReal(t)
	b.must(t, "change the disk of", func(ctx context.Context) error {
		code, _, err := b.disk.Exec(ctx, []string{"sh", "-c", script})
		if err == nil && code != 0 {
			err = fmt.Errorf("%s: exit code %d", script, code)
		}
		return err
	})
}

// Running reports whether the broker has not ended by itself.
func (b *Broker) Running(t testing.TB) bool {
	t.Helper()
	state, err := b.container.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state.Running
}
