package kafkatest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// defaultVersion is the Kafka that the tests run against, the one that docker-compose.yml names too.
const defaultVersion = "4.3.1"

// Version returns the version of the brokers that are started, KAFKA_VERSION or the default.
func Version() string { return cmp.Or(os.Getenv("KAFKA_VERSION"), defaultVersion) }

// Image returns the image of the brokers that are started.
func Image() string { return "apache/kafka:" + Version() }

// errUnavailable says that this machine has no Docker engine, or that the engine cannot get the image.
var errUnavailable = errors.New("no Docker engine with Kafka's image")

// kafkaContainer is the broker's container and the engine that runs it.
type kafkaContainer struct {
	testcontainers.Container
	engine *testcontainers.DockerClient
}

func startContainer(ctx context.Context, opts Options) (*Broker, error) {
	engine, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	ports, err := choosePorts()
	if err != nil {
		return nil, err
	}
	b := &Broker{id: 1, addr: address(ports.client), ports: ports}
	req := request(ports)
	if opts.DiskSize > 0 {
		if b.disk, err = startDisk(ctx, opts.DiskSize); err != nil {
			return nil, err
		}
		useDisk(&req, b.disk.GetContainerID())
	}
	return start(ctx, engine, b, req)
}

// start runs a container as b and returns when it serves.
func start(ctx context.Context, engine *testcontainers.DockerClient, b *Broker, req testcontainers.GenericContainerRequest) (*Broker, error) {
	started, err := testcontainers.GenericContainer(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", Image(), err)
	}
	b.container = &kafkaContainer{started, engine}
	if err := b.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, b.container.lastWords(), b.close())
	}
	return b, nil
}

// prepare returns an engine that has the image, without what earlier tests have left behind.
func prepare(ctx context.Context) (*testcontainers.DockerClient, error) {
	// testcontainers' reaper is an image of its own, which a machine without a registry does not have. Brokers are
	// removed by close, and those of test processes that were killed by the next start (removeOrphans).
	if err := os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true"); err != nil {
		return nil, err
	}
	// Its description of the engine would head the output of every package that fails.
	log.SetDefault(log.NewNoopLogger())
	engine, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	if err := ensureImage(ctx, engine); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errUnavailable, Image(), err)
	}
	return engine, removeOrphans(ctx, engine)
}

// ensureImage pulls the image where the engine does not have it.
func ensureImage(ctx context.Context, engine *testcontainers.DockerClient) error {
	if _, err := engine.ImageInspect(ctx, Image()); err == nil {
		return nil
	}
	pull, err := engine.ImagePull(ctx, Image(), client.ImagePullOptions{})
	if err != nil {
		return err
	}
	return pull.Wait(ctx)
}

// ports are the host's ports of one broker: where clients connect, where the other end of a detour connects, and where
// that one begins.
type ports struct{ client, behind, detour uint16 }

func choosePorts() (p ports, err error) {
	for _, port := range []*uint16{&p.client, &p.behind, &p.detour} {
		if *port, err = freePort(); err != nil {
			return ports{}, err
		}
	}
	return p, nil
}

// request describes the container. The host's ports are chosen beforehand, not by Docker, so that the broker can
// advertise them from the start and has the same ones after a restart.
func request(p ports) testcontainers.GenericContainerRequest {
	const inside, behind = "9092/tcp", "9095/tcp"
	return testcontainers.GenericContainerRequest{
		Started: true,
		ContainerRequest: testcontainers.ContainerRequest{
			Image:        Image(),
			Env:          environment(address(p.client), address(p.detour)),
			Labels:       ownerLabels(),
			ExposedPorts: []string{inside, behind},
			HostConfigModifier: func(c *container.HostConfig) {
				c.PortBindings = network.PortMap{
					network.MustParsePort(inside): bind(p.client), network.MustParsePort(behind): bind(p.behind),
				}
			},
		},
	}
}

// useDisk makes the broker keep its logs on another container's disk.
func useDisk(req *testcontainers.GenericContainerRequest, holder string) {
	req.Env["KAFKA_LOG_DIRS"] = diskPath + "/data"
	before := req.HostConfigModifier
	req.HostConfigModifier = func(c *container.HostConfig) {
		before(c)
		c.VolumesFrom = []string{holder}
	}
}

func bind(port uint16) []network.PortBinding {
	return []network.PortBinding{{HostIP: netip.MustParseAddr(host), HostPort: fmt.Sprint(port)}}
}

// remove deletes the container and its volumes; there is no data to be saved by a clean shutdown.
func (c *kafkaContainer) remove() error {
	err := c.Terminate(context.Background(), testcontainers.StopTimeout(0))
	return errors.Join(err, c.engine.Close())
}

// lastWords returns the end of the broker's log as an error, for a broker that did not come up.
func (c *kafkaContainer) lastWords() error {
	logs, err := c.Logs(context.Background())
	if err != nil {
		return err
	}
	defer logs.Close()
	text, err := io.ReadAll(io.LimitReader(logs, 1<<20))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return errors.Join(err, errors.New("its log ends with:\n"+strings.Join(lines[max(0, len(lines)-20):], "\n")))
}
