#include "services/ctl/child_instance.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "common/base/errno_text.hpp"
#include "services/ctl/http_client.hpp"

namespace onput::ctl {
namespace {

constexpr int http_ok = 200;
constexpr int http_not_ready = 503;
constexpr auto ready_patience = std::chrono::seconds(10);
constexpr auto ready_period = std::chrono::milliseconds(100);

// Runs in the child between fork and exec: only calls that are safe there.
[[noreturn]] void become_dev(const char* binary, const char* data, int output,
                             char* const* environment) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    // A terminal's Ctrl-C reaches the command itself, which then ends its instance in order.
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    dup2(output, STDOUT_FILENO);
    execle(binary, binary, "--quiet", "--data", data, "dev", "--port", "0", nullptr, environment);
    _exit(127);
}

// True once the child has said "ready".
bool await_ready(int fd) {
    std::string text;
    char chunk[256];
    while (text.find('\n') == std::string::npos) {
        const ssize_t count = read(fd, chunk, sizeof chunk);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.append(chunk, static_cast<std::size_t>(count));
    }
    return text.starts_with("ready ");
}

// Of one that has just been started. The last status; 0 when nobody answers.
int await_ready(const Instance& instance) {
    const auto end = std::chrono::steady_clock::now() + ready_patience;
    while (true) {
        const int status = get_status(instance.url + "/_onput/readyz");
        if (status != http_not_ready || std::chrono::steady_clock::now() > end) return status;
        std::this_thread::sleep_for(ready_period);
    }
}

}  // namespace

Result<std::unique_ptr<ChildInstance>> ChildInstance::start(
    const std::vector<std::string>& environment) {
    std::vector<std::string> variables = environment;
    std::vector<char*> pointers;
    pointers.reserve(variables.size() + 1);
    for (auto& variable : variables) pointers.push_back(variable.data());
    for (char** own = environ; *own != nullptr; ++own) pointers.push_back(*own);
    pointers.push_back(nullptr);
    std::error_code error;
    std::string data = std::filesystem::temp_directory_path(error) / "onput-XXXXXX";
    if (error) {
        return fail(ErrorCode::unavailable, "find a directory for a throwaway instance: " +
                                                error.message() + ": name one with TMPDIR");
    }
    if (mkdtemp(data.data()) == nullptr) {
        return fail(ErrorCode::unavailable,
                    "create a directory for a throwaway instance: " + errno_text());
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(ErrorCode::unavailable, std::string("pipe: ") + errno_text());
    const std::string binary = std::filesystem::read_symlink("/proc/self/exe", error).string();
    if (error) return fail(ErrorCode::unavailable, "read /proc/self/exe: " + error.message());
    const pid_t pid = fork();
    if (pid == 0) become_dev(binary.c_str(), data.c_str(), ends[1], pointers.data());
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return fail(ErrorCode::unavailable, std::string("fork: ") + errno_text());
    }
    std::unique_ptr<ChildInstance> instance(new ChildInstance(data, pid));
    const bool is_ready = await_ready(ends[0]);
    close(ends[0]);
    if (!is_ready)
        return fail(ErrorCode::unavailable,
                    "the throwaway instance did not start; 'onput doctor' may say why");
    return instance;
}

ChildInstance::~ChildInstance() {
    kill(pid_, SIGTERM);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    std::error_code ignored;
    std::filesystem::remove_all(data_, ignored);
}

bool names_instance(const std::string& data_flag) {
    const char* from_environment = std::getenv("ONPUT_DATA");  // NOLINT(concurrency-mt-unsafe)
    return !data_flag.empty() || (from_environment != nullptr && *from_environment != '\0');
}

Result<Workplace> find_workplace(const std::string& data_flag,
                                 const std::vector<std::string>& environment) {
    if (!names_instance(data_flag)) {
        ONPUT_TRY(auto own, ChildInstance::start(environment));
        std::string data = own->data();
        return Workplace{.data = std::move(data), .own = std::move(own)};
    }
    Workplace place{.data = data_directory(data_flag), .own = nullptr};
    ONPUT_TRY(const auto instance, read_instance(place.data));
    const int status = await_ready(instance);
    if (status == http_ok) return place;
    if (status == http_not_ready) {
        return fail(ErrorCode::unavailable,
                    instance.url + " is not ready; 'onput status' shows what is missing");
    }
    return fail(
        ErrorCode::unavailable,
        instance.url + " does not answer; " +
            (instance.is_elsewhere() ? "see its gateway's log"
                                     : "start it with 'onput dev --data " + place.data + "'"));
}

}  // namespace onput::ctl
