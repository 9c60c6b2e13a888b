// Package deploy tests what an operator deploys: the images and
// docker-compose.yml, with the commands that the documentation names. It works
// on a copy of the code without the machine's .env, so that it can never reach a
// real account.
package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

var (
	// tree is the copy of the code, version the tag of the images built from it.
	tree, version string
	binaries      *harness.Binaries
)

const projectPrefix = "deploytest-"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if out, err := exec.Command("docker", "compose", "version").CombinedOutput(); err != nil {
		return unavailable(out)
	}
	dir, err := os.MkdirTemp("", "deploytest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	removeOrphans()
	tree, version = filepath.Join(dir, "tree"), projectPrefix+strconv.Itoa(os.Getpid())
	binaries = harness.NewBinaries(dir)
	if err := prepare(); err != nil {
		fmt.Fprintln(os.Stderr, "deploy tests:", err)
		return 1
	}
	defer removeImages()
	return m.Run()
}

// unavailable skips the tests on a developer's machine without Docker Compose
// and fails them everywhere else.
func unavailable(out []byte) int {
	fmt.Fprintf(os.Stderr, "NOT TESTED: images and docker-compose.yml; there is no Docker Compose (`make testenv` sets it up):\n%s\n", out)
	switch os.Getenv("CI") {
	case "", "0", "false":
		return 0
	}
	return 1
}

// prepare copies the code and builds all images from the copy.
func prepare() error {
	if err := copyFiles(root(), tree, "libs", "services", "tools", "deploy", "clients", "contracts", "docker-compose.yml", ".env.example"); err != nil {
		return err
	}
	build := exec.Command("docker", "compose", "--profile", "*", "--progress", "plain", "build")
	build.Dir, build.Env = tree, environment()
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the images: %w\n%s", err, out)
	}
	return nil
}

// copyFiles copies what git knows, or would take, below the given paths.
func copyFiles(root, to string, paths ...string) error {
	list := exec.Command("git", append([]string{"ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"}, paths...)...)
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		return fmt.Errorf("list the repository's files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		err := copyFile(filepath.Join(root, name), filepath.Join(to, name))
		if err != nil && !os.IsNotExist(err) { // Deleted, but git does not know yet.
			return err
		}
	}
	return nil
}

// copyFile copies a file, or a link as a link.
func copyFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if target, err := os.Readlink(from); err == nil {
		return os.Symlink(target, to)
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

// environment is what docker gets: nothing that could be a setting of ours.
func environment(more ...string) []string {
	proxy, _ := exec.Command("go", "env", "GOPROXY").Output()
	sums, _ := exec.Command("go", "env", "GOSUMDB").Output()
	goImage, _ := exec.Command(filepath.Join(root(), "tools/testenv/image-go"), "--which").Output()
	env := []string{
		"GO_IMAGE=" + strings.TrimSpace(string(goImage)), "BUILD_CA_FILE=" + authorities(),
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DOCKER_HOST=" + os.Getenv("DOCKER_HOST"),
		"NOTIFICATIONS_VERSION=" + version,
		// Where the example's packages come from, if not from the usual index.
		"PIP_INDEX_URL=" + os.Getenv("PIP_INDEX_URL"),
		"GOPROXY=" + strings.TrimSpace(string(proxy)), "GOSUMDB=" + strings.TrimSpace(string(sums)),
	}
	return append(env, more...)
}

// authorities is the file of what this machine trusts, which its module proxy may
// need.
func authorities() string {
	for _, path := range []string{os.Getenv("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt"} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return "/dev/null"
}

func root() string {
	out, _ := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	return strings.TrimSpace(string(out))
}

func programs() []string {
	return []string{"email-worker", "sms-worker", "dlq-replayer", "notifyctl", "sandbox"}
}

func services() []string { return programs()[:3] }

func image(program string) string { return "kafka-notifications/" + program + ":" + version }

func removeImages() {
	for _, program := range append(programs(), "django-example") {
		_ = exec.Command("docker", "image", "rm", image(program)).Run()
	}
}

// removeOrphans removes what a test process that was killed left behind.
func removeOrphans() {
	const label = "com.docker.compose.project"
	out, _ := exec.Command("docker", "ps", "-a", "--filter", "label="+label, "--format", `{{.Label "`+label+`"}}`).Output()
	for _, project := range strings.Fields(string(out)) {
		if harness.Abandoned(projectPrefix, project) {
			_ = exec.Command("docker", "rm", "-f", project+"-provider").Run()
			_ = exec.Command("docker", "compose", "-p", project, "down", "-v", "--remove-orphans").Run()
		}
	}
	out, _ = exec.Command("docker", "images", "--format", "{{.Repository}}:{{.Tag}}").Output()
	for _, name := range strings.Fields(string(out)) {
		if _, tag, _ := strings.Cut(name, ":"); harness.Abandoned(projectPrefix, tag) {
			_ = exec.Command("docker", "image", "rm", name).Run()
		}
	}
}
