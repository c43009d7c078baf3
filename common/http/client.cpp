#include "common/http/client.hpp"

#include <curl/curl.h>
#include <mutex>
#include <optional>
#include <thread>
#include <unistd.h>

#include "common/base/check.hpp"
#include "common/http/curl_thread.hpp"
#include "common/http/transfer.hpp"

namespace onput::http {
namespace {

constexpr int poll_ms = 60'000;  // A wake-up ends it earlier.

bool has_line_break(std::string_view text) {
    using namespace std::string_view_literals;
    return text.find_first_of("\r\n\0"sv) != std::string_view::npos;
}

Result<void> check(const Request& request) {
    const bool is_http = request.url.starts_with("http://") || request.url.starts_with("https://");
    if (!is_http || has_line_break(request.url))
        return fail(ErrorCode::invalid_argument, "the endpoint is no http or https URL");
    for (const auto& [name, value] : request.headers) {
        if (has_line_break(name) || has_line_break(value))
            return fail(ErrorCode::invalid_argument, "the header " + name + " has a line break");
    }
    return {};
}

class CurlClient final : public Client {
public:
    CurlClient(transport::EventLoop& loop, Options options)
        : loop_(loop), options_(std::move(options)), multi_(curl_multi_init()) {
        ONPUT_CHECK(multi_ != nullptr);
        ONPUT_CHECK(curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, idle_connections_max) ==
                    CURLM_OK);
        thread_ = std::thread([this] { run(); });
    }
    ~CurlClient() override {
        {
            const std::scoped_lock lock(mutex_);
            is_stopping_ = true;
        }
        ONPUT_CHECK(curl_multi_wakeup(multi_) == CURLM_OK);
        thread_.join();
        ONPUT_CHECK(curl_multi_cleanup(multi_) == CURLM_OK);
    }
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;

    void send(Request request, Done done) override {
        const std::uint64_t id = ++last_id_;
        const auto checked = check(request);
        sent_.emplace(id, Sent{.next = request.next, .done = std::move(done)});
        if (!checked) return finish(id, std::unexpected(checked.error()));
        add({.id = id, .request = std::move(request)});
    }

private:
    struct Sent {
        std::function<void(PieceDone)> next;
        Done done;
    };
    // For the thread: a request, or a piece of the body of one.
    struct Job {
        std::uint64_t id = 0;
        std::optional<Request> request = {};
        Result<std::string> piece = {};
    };

    void add(Job job) {
        {
            const std::scoped_lock lock(mutex_);
            inbox_.push_back(std::move(job));
        }
        ONPUT_CHECK(curl_multi_wakeup(multi_) == CURLM_OK);
    }

    // Any thread. The loop may run what was posted after this object's end.
    void finish(std::uint64_t id, Result<Answer> answer) {
        loop_.post(
            [this, alive = std::weak_ptr<bool>(alive_), id, answer = std::move(answer)]() mutable {
                if (!alive.lock()) return;
                const auto found = sent_.find(id);
                ONPUT_CHECK(found != sent_.end());
                Done done = std::move(found->second.done);
                sent_.erase(found);
                done(std::move(answer));  // Last: it may end this object.
            });
    }
    void ask_piece(std::uint64_t id) {
        loop_.post([this, alive = std::weak_ptr<bool>(alive_), id] {
            if (!alive.lock()) return;
            const auto found = sent_.find(id);
            if (found == sent_.end()) return;  // It ended meanwhile.
            found->second.next([this, alive, id](Result<std::string> piece) {
                if (!alive.lock()) return;
                add({.id = id, .piece = std::move(piece)});
            });
        });
    }

    // --- The thread.

    void run() {
        block_signals();
        while (take_inbox()) {
            int running = 0;
            ONPUT_CHECK(curl_multi_perform(multi_, &running) == CURLM_OK);
            finish_done();
            ONPUT_CHECK(curl_multi_poll(multi_, nullptr, 0, poll_ms, nullptr) == CURLM_OK);
        }
        for (const auto& [id, transfer] : open_)
            ONPUT_CHECK(curl_multi_remove_handle(multi_, transfer->handle()) == CURLM_OK);
        open_.clear();
    }
    // False: time to end.
    bool take_inbox() {
        std::vector<Job> jobs;
        {
            const std::scoped_lock lock(mutex_);
            if (is_stopping_) return false;
            jobs.swap(inbox_);
        }
        for (Job& job : jobs) {
            if (job.request) {
                begin(std::move(job));
            } else if (const auto found = open_.find(job.id); found != open_.end()) {
                found->second->give(std::move(job.piece));
            }
        }
        return true;
    }
    void begin(Job job) {
        const std::uint64_t id = job.id;
        auto transfer = std::make_unique<Transfer>(options_, *std::move(job.request),
                                                   [this, id] { ask_piece(id); });
        ONPUT_CHECK(curl_multi_add_handle(multi_, transfer->handle()) == CURLM_OK);
        ids_.emplace(transfer->handle(), id);
        open_.emplace(id, std::move(transfer));
    }
    void finish_done() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            void* const handle = message->easy_handle;
            // The message is gone when its handle is removed.
            const int code = message->data.result;
            const auto known = ids_.find(handle);
            ONPUT_CHECK(known != ids_.end());
            const std::uint64_t id = known->second;
            const auto found = open_.find(id);
            auto result = found->second->result(code);
            ONPUT_CHECK(curl_multi_remove_handle(multi_, handle) == CURLM_OK);
            ids_.erase(known);
            open_.erase(found);
            finish(id, std::move(result));
        }
    }

    transport::EventLoop& loop_;
    const Options options_;
    // The loop's.
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, Sent> sent_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    // The thread's.
    CURLM* const multi_;
    std::map<std::uint64_t, std::unique_ptr<Transfer>> open_;
    std::map<void*, std::uint64_t> ids_;

    std::mutex mutex_;  // Of the two below.
    std::vector<Job> inbox_;
    bool is_stopping_ = false;

    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::start(transport::EventLoop& loop, Options options) {
    if (!options.ca_file.empty() && access(options.ca_file.c_str(), R_OK) != 0)
        return fail(ErrorCode::invalid_argument, "ca_file " + options.ca_file + " cannot be read");
    init_curl();
    return std::make_unique<CurlClient>(loop, std::move(options));
}

}  // namespace onput::http
