// RemoteSession: how one version gets to the bucket of an endpoint (endpoints.hpp), request by
// request. Pure: it says what is to be sent, and is told what was answered.
//
//     versioning ──> HEAD ──> PUT, all in one ──────────────────────> done
//                         ──> POST ?uploads ──> parts ──> POST ─────> done
//                         ──> DELETE, for a marker ─────────────────> done
//                         ──> it is there already ──> tags, lock ───> done
//     versioning ──> what changed: tags, lock ──────────────────────> done
//
// Any S3 will do, so all that is known of the other side is what S3's answers say. A replica has
// its original's sequencer in its metadata (replica_mark), which HEAD shows: an answer that was
// lost makes no second version, and a version is not written over a newer one of the same source.
// The write itself is conditional on what HEAD has seen (If-Match, If-None-Match), so that a
// request that arrives late, behind newer ones, changes nothing; an endpoint that answers 501 to
// that is asked without. The version has an id of the endpoint's own, which the original's record
// keeps for what changes later.
//
// Unlike a replica of the same instance, it has a Last-Modified and a version id of its own, no
// access control list, and the encryption that its bucket has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

// Metadata of a replica at an endpoint: "<sequencer> <bucket> <digest of the key>" of its original,
// by which the next attempt finds it. Whoever copies the replica to another key copies the mark as
// well, which means nothing there. That it is a replica, the sender
// says by schema::replica_header.
inline constexpr std::string_view replica_mark = "onput-replica";
std::string replica_mark_of(std::string_view bucket, std::string_view key, std::uint64_t sequencer);
// The sequencer, when the mark is that of a version of this key; else nothing.
std::optional<std::uint64_t> parse_replica_mark(std::string_view mark, std::string_view bucket,
                                                std::string_view key);

// What is to be sent.
struct RemoteReplica {
    struct Part {
        std::uint32_t number = 0;
        std::uint64_t offset = 0;  // Of the object.
        std::uint64_t length = 0;
        std::string checksum = {};
    };
    std::string source = {};  // The original's bucket.
    std::string key = {};
    ObjectRecord record = {};
    schema::ReplicationTarget target = {};  // Of the record: what its replica lacks.
    std::string storage_class = {};         // Of the replica; empty: STANDARD.
    std::string account = {};               // That must own the bucket there; empty: any.
    std::string checksum_algorithm = {};    // Of the parts.
    std::vector<Part> parts = {};           // Empty: it has one piece.
    std::optional<std::string> bytes = {};  // When they are here already.
};

struct RemoteRange {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

struct RemoteRequest {
    std::string method = {};
    std::string key = {};    // Empty: the bucket itself.
    std::string query = {};  // Encoded.
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::optional<RemoteRange> range = {};  // Of the object: the body, in place of `body`.
};

struct RemoteAnswer {
    int status = 0;
    std::string version_id = {};  // x-amz-version-id
    std::string etag = {};
    std::string mark = {};  // x-amz-meta-onput-replica
    std::string body = {};
};

struct RemoteEnd {
    enum class Kind : std::uint8_t {
        done,
        failed,       // For good: `reason` as S3 names it.
        again,        // Later; `reason` is for the operator.
        unreachable,  // The same, and so would others fail.
    };
    Kind kind = Kind::again;
    std::string reason = {};
    std::string version_id = {};  // Of the replica; empty: it is not known.
};

class RemoteSession {
public:
    struct Knowledge {
        bool has_versions = false;     // The bucket: it was asked a moment ago.
        bool takes_conditions = true;  // The endpoint answered no 501 to them.
    };
    RemoteSession(RemoteReplica replica, Knowledge known, Timestamp now)
        : replica_(std::move(replica)), known_(known), now_(now) {}

    // The first request, or the end of it all.
    void start();
    void on_answer(const RemoteAnswer& answer);
    // There was none, or the bytes could not be read.
    void on_error(const Error& error);

    // What is to be sent; nothing once it has ended.
    [[nodiscard]] const std::optional<RemoteRequest>& request() const { return request_; }
    [[nodiscard]] const RemoteEnd& end() const { return end_; }
    [[nodiscard]] const Knowledge& known() const { return known_; }
    [[nodiscard]] const RemoteReplica& replica() const { return replica_; }

private:
    enum class State : std::uint8_t {
        versioning,
        head,
        put,
        remove,
        create,
        part,
        complete,
        tags,
        retention,
        hold,
        abort,
    };
    using Headers = std::vector<std::pair<std::string, std::string>>;

    void send(State state, RemoteRequest request);
    void finish(RemoteEnd end);
    void ask_head();
    void on_head(const RemoteAnswer& answer);
    void write();
    void put();
    void create_upload();
    void next_part();
    void complete_upload();
    void on_written(const RemoteAnswer& answer);
    void next_change();
    void refuse(const RemoteAnswer& answer);
    [[nodiscard]] bool lacks(schema::ReplicatedPart part) const;
    [[nodiscard]] bool has_retention() const;
    void add_condition(Headers& headers) const;
    [[nodiscard]] Headers headers_of_new() const;
    [[nodiscard]] std::string version_query(std::string_view name) const;

    RemoteReplica replica_;
    Knowledge known_;
    Timestamp now_;
    State state_ = State::versioning;
    bool has_asked_versions_ = false;
    std::optional<std::string> etag_there_;  // Of what HEAD has seen; nothing: nothing is there.
    std::string version_id_;
    std::string upload_id_;
    std::vector<std::string> part_etags_;
    std::vector<State> changes_;
    std::optional<RemoteRequest> request_;
    RemoteEnd end_;
};

// The text of the first element of that name, entities resolved; empty: there is none.
std::string text_of_element(std::string_view document, std::string_view name);

}  // namespace onput::storage
