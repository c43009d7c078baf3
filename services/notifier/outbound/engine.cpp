#include "services/notifier/outbound/engine.hpp"

#include <curl/curl.h>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/check.hpp"
#include "common/http/curl_thread.hpp"

namespace onput::notifier {
namespace {

constexpr long connections_kept_max = 64;  // Idle ones, for the next message to the same peer.
constexpr int poll_ms = 60'000;            // A wake-up ends it earlier.

}  // namespace

struct Engine::State {
    struct Job {
        std::uint64_t id = 0;
        OutboundMessage message;
    };
    struct Open {
        std::uint64_t id = 0;
        std::unique_ptr<Transfer> transfer;
    };

    State(TransferSettings transfer_settings, OnResult callback)
        : settings(std::move(transfer_settings)),
          on_result(std::move(callback)),
          multi(curl_multi_init()) {
        ONPUT_CHECK(multi != nullptr);
        ONPUT_CHECK(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections_kept_max) ==
                    CURLM_OK);
        thread = std::thread([this] { run(); });
    }

    ~State() {
        {
            const std::scoped_lock lock(mutex);
            is_stopping = true;
        }
        ONPUT_CHECK(curl_multi_wakeup(multi) == CURLM_OK);
        thread.join();
        ONPUT_CHECK(curl_multi_cleanup(multi) == CURLM_OK);
    }

    void add(Job job) {
        {
            const std::scoped_lock lock(mutex);
            inbox.push_back(std::move(job));
        }
        ONPUT_CHECK(curl_multi_wakeup(multi) == CURLM_OK);
    }

    // The thread.
    void run() {
        http::block_signals();
        while (take_inbox()) {
            int running = 0;
            ONPUT_CHECK(curl_multi_perform(multi, &running) == CURLM_OK);
            finish_done();
            ONPUT_CHECK(curl_multi_poll(multi, nullptr, 0, poll_ms, nullptr) == CURLM_OK);
        }
        for (const auto& [handle, transfer] : open) {
            ONPUT_CHECK(curl_multi_remove_handle(multi, handle) == CURLM_OK);
        }
        open.clear();
    }

    // False: time to end.
    bool take_inbox() {
        std::vector<Job> jobs;
        {
            const std::scoped_lock lock(mutex);
            if (is_stopping) return false;
            jobs.swap(inbox);
        }
        for (Job& job : jobs) begin(std::move(job));
        return true;
    }

    void begin(Job job) {
        auto made =
            std::holds_alternative<HttpRequest>(job.message)
                ? Transfer::make_http(settings, std::get<HttpRequest>(std::move(job.message)))
                : Transfer::make_mail(settings, std::get<Mail>(std::move(job.message)));
        if (!made) {
            OutboundResult result;
            result.outcome = OutboundOutcome::refused;
            result.error = std::move(made).error().message;
            on_result(job.id, std::move(result));
            return;
        }
        void* const handle = (*made)->handle();
        ONPUT_CHECK(curl_multi_add_handle(multi, handle) == CURLM_OK);
        open.emplace(handle, Open{.id = job.id, .transfer = *std::move(made)});
    }

    void finish_done() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            const auto found = open.find(message->easy_handle);
            ONPUT_CHECK(found != open.end());
            // The message is gone when its handle is removed.
            const int code = message->data.result;
            OutboundResult result = found->second.transfer->result(code);
            ONPUT_CHECK(curl_multi_remove_handle(multi, found->first) == CURLM_OK);
            const std::uint64_t id = found->second.id;
            open.erase(found);
            on_result(id, std::move(result));
        }
    }

    const TransferSettings settings;
    const OnResult on_result;
    CURLM* const multi;
    std::map<void*, Open> open;  // By handle. The thread's own.

    std::mutex mutex;  // Of the two below.
    std::vector<Job> inbox;
    bool is_stopping = false;

    std::thread thread;
};

Engine::Engine(TransferSettings settings, OnResult on_result) {
    http::init_curl();
    state_ = std::make_unique<State>(std::move(settings), std::move(on_result));
}

Engine::~Engine() = default;

void Engine::add(std::uint64_t id, OutboundMessage message) {
    state_->add({.id = id, .message = std::move(message)});
}

}  // namespace onput::notifier
