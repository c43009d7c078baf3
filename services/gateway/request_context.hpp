// RequestContext: one HTTP request on its way through a protocol: who, what, under which ids, and
// how to reach the services.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/auth/verify.hpp"
#include "common/runtime/health.hpp"
#include "common/schema/topics.hpp"
#include "services/gateway/access/identity_cache.hpp"
#include "services/gateway/backend.hpp"
#include "services/gateway/config.hpp"
#include "services/gateway/http/byte_budget.hpp"
#include "services/gateway/http/exchange.hpp"
#include "services/gateway/http/target.hpp"
#include "services/gateway/memory_budget.hpp"
#include "services/gateway/request_metrics.hpp"
#include "services/gateway/side_thread.hpp"
#include "services/gateway/trusted_proxies.hpp"
#include "services/gateway/worker_calls.hpp"

namespace onput::gateway::s3 {
class AccessLog;
}

namespace onput::gateway {

// What all requests of one gateway share.
struct Shared {
    const Config& config;
    const auth::KeyRing& keys;
    Backend& backend;
    std::atomic<std::uint64_t> requests_total = 0;
    std::atomic<std::uint64_t> errors_total = 0;  // Answers of 500 and above, but for 501.
    TrustedProxies proxies{};
    MemoryBudget body_memory{config.body_memory_bytes_max};
    http::ByteBudget head_memory{http::head_memory_bytes_max};
    MemoryBudget read_ahead_memory{config.read_ahead_memory_bytes_max};
    SideThread hashing{};  // Of large bodies.
    ServiceMetrics metrics{};
    // The state of the gateway itself. Set before the first request; any thread calls it.
    std::function<runtime::HealthReport()> health{};
    IdentityCache identities{};
    // Of temporary credentials. Null: none are known. Set before the first request.
    const auth::SessionKey* sessions = nullptr;
    // How workers are called. Set before the first request; any thread calls it.
    WorkerCalls* workers = nullptr;
    // Where requests for buckets are logged (s3/site/access_log.hpp). Null: nowhere. Set before the
    // first request.
    s3::AccessLog* access_log = nullptr;
    // The certificate that was last asked for. Shared by all connections' threads, each of which
    // may be sending it while another one replaces it: the last user frees it.
    std::atomic<std::shared_ptr<const schema::SigningCertificate>> certificate{};
};

// What keeps a client's connection alive while its request waits for a service.
class KeepAlive {
public:
    // To be called often. The errors of exchange.hpp.
    virtual http::Task<Result<void>> keep_alive() = 0;

protected:
    ~KeepAlive() = default;
};
inline constexpr Duration keep_alive_check = std::chrono::seconds(1);

struct RequestContext {
    http::Exchange& exchange;
    Shared& shared;
    std::vector<http::QueryParameter> query{};
    std::vector<auth::Header> headers{};  // For signatures.
    Timestamp now;
    std::string request_id{};  // x-amz-request-id: 16 upper-case hexadecimal digits.
    std::string host_id{};     // x-amz-id-2.
    std::string trace_id{};
    // Of a key or session that the configuration does not know (access/recognition.hpp).
    struct Recognised {
        std::optional<auth::KnownKey> key{};
        std::shared_ptr<const KnownIdentity> identity{};  // Null: it is not known at all.
        std::optional<Error> error{};                     // Why it could not be found out.
    };
    Recognised recognised{};
    // What the request says of its signature, once claim_of has read it (authentication.hpp).
    std::optional<Result<auth::Claim>> claim{};
    auth::Identity identity{};  // Authenticated before an operation runs.
    // What a limited identity's policies say to the operation (access/authorization.hpp).
    schema::Grant grant = schema::Grant::not_allowed;
    // What lets the page of another origin read the answer (s3/site/cors.hpp).
    std::vector<std::pair<std::string, std::string>> cors_headers{};
    // What an access log says of the request beyond its head.
    struct Logged {
        std::string_view operation{};  // "GetObject"
        std::string error_code{};      // "NoSuchKey"
        std::optional<std::uint64_t> object_bytes{};
    };
    Logged logged{};
    // What storage judges its calls by. Nothing: it is not of S3.
    std::optional<schema::AccessContext> access{};
    // Where it is counted when it ends: its operation, once that is known. Null: nowhere.
    OperationMetrics* counted_as = nullptr;
    // Of an operation that may take longer than a client waits in silence. Null: the others.
    KeepAlive* kept_alive_by = nullptr;

    [[nodiscard]] const http::RequestHead& head() const { return exchange.request(); }
    [[nodiscard]] const http::QueryParameter* parameter(std::string_view name) const {
        return http::find_parameter(query, name);
    }
    [[nodiscard]] std::string parameter_text(std::string_view name) const {
        const auto* found = parameter(name);
        return found != nullptr ? found->value : std::string();
    }
    [[nodiscard]] std::string header_text(std::string_view name) const {
        return std::string(head().header(name).value_or(""));
    }
    // X-Amzn-Trace-Id; empty when it is too long, or not what a message's attribute may hold.
    [[nodiscard]] std::string trace_header() const;
    // Where links lead that the answer holds.
    [[nodiscard]] PublicAddress public_address() const {
        return gateway::public_address(head(), shared.proxies);
    }
    // For policies: whom the request comes from, behind a trusted proxy.
    [[nodiscard]] std::string client_address() const {
        return gateway::client_address(head(), shared.proxies);
    }
    // The client's (or proxy's) address without its port.
    [[nodiscard]] std::string source_ip() const {
        const auto peer = head().peer;
        return std::string(peer.substr(0, peer.rfind(':')));
    }

    // Who calls, as services are told.
    [[nodiscard]] schema::Principal principal() const;

    [[nodiscard]] transport::CallOptions call_options() const {
        return {.timeout = std::chrono::milliseconds(shared.config.request_timeout_ms),
                .trace = {.trace_id = trace_id, .depth = 0},
                .principal = principal(),
                .trace_header = trace_header(),
                .access = access};
    }
    template <schema::Message M>
    http::Task<Result<Answer<M>>> call(const M& request) {
        return call(request, call_options());
    }
    template <schema::Message M>
    http::Task<Result<Answer<M>>> call(const M& request, transport::CallOptions options) {
        return receive_answer<M>(shared.backend.start(exchange, request, std::move(options)));
    }
    // The reply of a call that was started. Errors: as Backend's and exchange.hpp's.
    http::Task<Result<transport::Reply>> receive(Backend::ReplyBox box);

private:
    template <schema::Message M>
    http::Task<Result<Answer<M>>> receive_answer(Backend::ReplyBox box) {
        auto reply = co_await receive(std::move(box));
        if (!reply) co_return std::unexpected(std::move(reply).error());
        co_return read_answer<M>(*std::move(reply));
    }
};

// Whether an answer's status stands for a failure of ours: 501 says that something does not exist
// here, and nothing has failed.
constexpr bool is_failure(int status) {
    return status >= 500 && status != 501;
}

// The cause of an answer of 500 or above, which the client is not shown, is logged.
void note_failure(RequestContext& context, const Error& error);

}  // namespace onput::gateway
