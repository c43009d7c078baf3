// What every request carries. Frames on DEALER -> ROUTER: [RequestHeader][body][attachment ...],
// and back [ReplyHeader][body][attachment ...].
#pragma once

#include "common/schema/access.hpp"
#include "common/schema/codec.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/object_traits.hpp"

namespace onput::schema {

// Where a request comes from in the chain of causes. The gateway starts a trace per HTTP request;
// an event carries it to the worker, whose own requests name the event as their cause with depth
// + 1. So a result's event knows the upload it came from.
struct TraceContext {
    std::string trace_id;        // 32 hex digits (W3C trace id), empty when unknown.
    std::string cause_event_id;  // The event that made the caller act; empty for an outside caller.
    std::uint32_t depth = 0;     // Events before this one in the chain; the loop guard's measure.

    ONPUT_FIELDS(trace_id, cause_event_id, depth)
    friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// What the policies of an identity say to what a request asks for.
enum class Grant : std::uint8_t { allowed = 1, not_allowed = 2, denied = 3 };

// A user or a session of a role that IAM knows (identity.hpp): it may do only what policies allow.
struct LimitedIdentity {
    std::string id;       // Of the user or role: "AIDA...", "AROA...".
    std::string path;     // Of the user or role: "/team/".
    std::string role;     // Of a session; empty: a user.
    std::string session;  // Its name.
    // Documents that a session was begun with: it may do what they allow as well.
    std::vector<std::string> session_policies;
    // Of the identity's policies. Requests to storage have not_allowed: it asks them itself.
    Grant grant = Grant::not_allowed;
    std::vector<Tag> tags;  // Of the user or role.
    Timestamp issued_at;    // Of temporary credentials; the default: there are none.
    // Managed policies of a session, which count with session_policies. One that is not there any
    // more allows nothing.
    std::vector<std::string> session_policy_arns = {};

    [[nodiscard]] bool has_session_policies() const {
        return !session_policies.empty() || !session_policy_arns.empty();
    }

    ONPUT_FIELDS(id, path, role, session, session_policies, grant, tags, issued_at,
                 session_policy_arns)
    friend bool operator==(const LimitedIdentity&, const LimitedIdentity&) = default;
};

// On whose behalf. The gateway fills it after it has checked the signature; services trust their
// own sockets.
struct Principal {
    std::string account;  // Twelve digits; empty for an anonymous caller.
    std::string id;       // Access key id, or the service: "s3.amazonaws.com", "function/speech".
    std::string user;     // Of the account, whose key it is; empty: the account's own, or a role's.
    std::string region;   // That the caller means to reach: it signed for it. Empty: any.
    // Nothing: the account's own key, or a user's of the configuration, who may do everything that
    // no policy denies.
    std::optional<LimitedIdentity> limited = {};

    // AWS's root: a key of the account itself, which is nobody's in it.
    [[nodiscard]] bool is_root() const { return !account.empty() && user.empty() && !limited; }

    ONPUT_FIELDS(account, id, user, region, limited)
    friend bool operator==(const Principal&, const Principal&) = default;
};

// "arn:aws:iam::ACCOUNT:user/PATH/NAME", "arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION",
// "arn:aws:iam::ACCOUNT:root", or "anonymous".
std::string principal_arn(const Principal& principal);

struct RequestHeader {
    // Version 2 added the principal's user, 3 its region and trace_header, 4 access, 5 a field of
    // it, 6 limited identities, 7 a session's managed policies.
    static constexpr MessageInfo info{.kind = Kind::request_header, .version = 7};

    // Unique among the caller's open requests; comes back in the reply.
    std::uint64_t request_id = 0;
    std::string method;  // "storage.put_object"; a message's `method`.
    // From arrival; the callee may drop the request after it. 0: none.
    std::uint32_t timeout_ms = 0;
    TraceContext trace;
    Principal principal;
    std::string trace_header;  // X-Amzn-Trace-Id of the client's request, for AWSTraceHeader.

    std::optional<AccessContext> access = {};  // Of a client's request to storage.

    ONPUT_FIELDS(request_id, method, timeout_ms, trace, principal, trace_header, access)
    friend bool operator==(const RequestHeader&, const RequestHeader&) = default;
};

// One name and value of an error's details.
struct ErrorDetail {
    std::string name;
    std::string value;

    ONPUT_FIELDS(name, value)
    friend bool operator==(const ErrorDetail&, const ErrorDetail&) = default;
};

struct ReplyHeader {
    static constexpr MessageInfo info{.kind = Kind::reply_header};

    std::uint64_t request_id = 0;
    std::uint16_t error_code = 0;  // ErrorCode, 0 for success; the body is empty on an error.
    std::string error_message;
    std::string error_reason;
    std::vector<ErrorDetail> error_details;

    ONPUT_FIELDS(request_id, error_code, error_message, error_reason, error_details)
    friend bool operator==(const ReplyHeader&, const ReplyHeader&) = default;
};

// The reply that says nothing but "done".
struct Empty {
    static constexpr MessageInfo info{.kind = Kind::empty};
    ONPUT_FIELDS()
    friend bool operator==(const Empty&, const Empty&) = default;
};

// One named figure of a service, e.g. {"onput_queue_messages{queue=\"a\",state=\"visible\"}", 3}.
struct Metric {
    std::string name;
    double value = 0;

    ONPUT_FIELDS(name, value)
    friend bool operator==(const Metric&, const Metric&) = default;
};

struct ServiceStatusReply {
    static constexpr MessageInfo info{.kind = Kind::service_status_reply};

    std::string service;
    std::string version;
    std::uint32_t process_id = 0;
    Timestamp started_at;
    bool is_ready = false;                 // Can do its work now: store open, peers reachable.
    std::vector<std::string> waiting_for;  // What it lacks, in words; empty when ready.
    std::vector<Metric> metrics;

    ONPUT_FIELDS(service, version, process_id, started_at, is_ready, waiting_for, metrics)
    friend bool operator==(const ServiceStatusReply&, const ServiceStatusReply&) = default;
};

// Every service with a ROUTER answers it.
struct ServiceStatus {
    static constexpr MessageInfo info{.kind = Kind::service_status};
    static constexpr std::string_view method = "service.status";
    using Reply = ServiceStatusReply;
    ONPUT_FIELDS()
    friend bool operator==(const ServiceStatus&, const ServiceStatus&) = default;
};

}  // namespace onput::schema
