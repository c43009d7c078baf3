#include "services/storage/replication/remote_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "common/schema/replica_header.hpp"
#include "services/storage/replication/changes.hpp"

namespace onput::storage {
namespace {

using schema::ReplicatedPart;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr int not_found = 404;
constexpr int precondition_failed = 412;
constexpr int not_implemented = 501;
constexpr std::size_t md5_hex_digits = 32;
constexpr std::size_t mark_digest_digits = 16;

bool is_good(int status) {
    return status >= 200 && status < 300;
}

// XML's own characters, and line breaks, which readers would change.
std::string escape(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '&': escaped += "&amp;"; break;
            case '"': escaped += "&quot;"; break;
            case '\r': escaped += "&#13;"; break;
            case '\n': escaped += "&#10;"; break;
            default: escaped += c;
        }
    }
    return escaped;
}

std::string checksum_header(std::string_view algorithm) {
    return "x-amz-checksum-" + lower_case(algorithm);
}

void add_document(RemoteRequest& request, std::string document) {
    request.headers.emplace_back("Content-Type", "application/xml");
    request.headers.emplace_back("Content-MD5",
                                 to_base64(Digest::of(DigestAlgorithm::md5, document)));
    request.body = std::move(document);
}

// As S3 replication names why it failed.
std::string_view reason_of(std::string_view code, std::string_view message) {
    if (code == "NoSuchBucket") return "DstBucketNotFound";
    if (code == "NoSuchVersion" || code == "NoSuchKey" || code == "MethodNotAllowed")
        return "DstObjectHardDeleted";
    if (code == "InvalidRequest" && message.find("Lock") != std::string_view::npos)
        return "DstBucketObjectLockConfigMissing";
    return "DstPutObjectNotPermitted";
}

// Errors of the caller that a later attempt may not have: of a clock, a key, a connection.
bool may_pass(int status, std::string_view code) {
    constexpr std::array passing{"RequestTimeTooSkewed",
                                 "SignatureDoesNotMatch",
                                 "InvalidAccessKeyId",
                                 "ExpiredToken",
                                 "RequestTimeout",
                                 "BadDigest",
                                 "IncompleteBody",
                                 "SlowDown",
                                 "NoSuchUpload",
                                 "AuthorizationHeaderMalformed",
                                 "XAmzContentChecksumMismatch"};
    constexpr std::array statuses{408, 409, 412, 425, 429};
    if (status < 400 || status >= 500) return true;
    return std::ranges::find(statuses, status) != statuses.end() ||
           std::ranges::find(passing, code) != passing.end();
}

bool is_overloaded(int status) {
    return status >= 500 || status == 429;
}

}  // namespace

std::string replica_mark_of(std::string_view bucket, std::string_view key,
                            std::uint64_t sequencer) {
    const std::string digest = to_hex(Digest::of(DigestAlgorithm::sha256, key));
    return fmt::format("{} {} {}", sequencer_text(sequencer), bucket,
                       digest.substr(0, mark_digest_digits));
}

std::optional<std::uint64_t> parse_replica_mark(std::string_view mark, std::string_view bucket,
                                                std::string_view key) {
    const auto sequencer = parse_sequencer(mark.substr(0, mark.find(' ')));
    if (!sequencer || mark != replica_mark_of(bucket, key, *sequencer)) return {};
    return *sequencer;
}

std::string text_of_element(std::string_view document, std::string_view name) {
    const std::string opening = fmt::format("<{}>", name);
    const auto begin = document.find(opening);
    if (begin == std::string_view::npos) return {};
    std::string_view text = document.substr(begin + opening.size());
    text = text.substr(0, text.find("</"));
    constexpr std::array<std::pair<std::string_view, char>, 6> entities{{{"&lt;", '<'},
                                                                         {"&gt;", '>'},
                                                                         {"&amp;", '&'},
                                                                         {"&quot;", '"'},
                                                                         {"&#34;", '"'},
                                                                         {"&#39;", '\''}}};
    std::string resolved;
    while (!text.empty()) {
        const auto found = std::ranges::find_if(
            entities, [text](const auto& entity) { return text.starts_with(entity.first); });
        if (found == entities.end()) {
            resolved += text.front();
            text.remove_prefix(1);
        } else {
            resolved += found->second;
            text.remove_prefix(found->first.size());
        }
    }
    return resolved;
}

// --- The way -----------------------------------------------------------------------------------

void RemoteSession::send(State state, RemoteRequest request) {
    state_ = state;
    if (!replica_.account.empty())
        request.headers.emplace_back("x-amz-expected-bucket-owner", replica_.account);
    request_ = std::move(request);
}

// An upload that came to nothing is given up first.
void RemoteSession::finish(RemoteEnd end) {
    end_ = std::move(end);
    if (upload_id_.empty() || end_.kind == RemoteEnd::Kind::done) return request_.reset();
    const std::string query = "uploadId=" + percent_encode(std::exchange(upload_id_, {}));
    send(State::abort, {.method = "DELETE", .key = replica_.key, .query = query});
}

bool RemoteSession::lacks(ReplicatedPart part) const {
    return has_change(replica_.target, part);
}

bool RemoteSession::has_retention() const {
    return !replica_.record.lock.mode.empty() && replica_.record.lock.retain_until > now_;
}

void RemoteSession::start() {
    if (!known_.has_versions) {
        has_asked_versions_ = true;
        return send(State::versioning, {.method = "GET", .query = "versioning"});
    }
    if (lacks(ReplicatedPart::whole)) return ask_head();
    version_id_ = replica_.target.replica_version;
    // Which of the versions there it is, nobody can tell.
    if (version_id_.empty())
        return finish({.kind = RemoteEnd::Kind::failed, .reason = "DstObjectHardDeleted"});
    next_change();
}

void RemoteSession::ask_head() {
    send(State::head, {.method = "HEAD", .key = replica_.key});
}

void RemoteSession::on_error(const Error& error) {
    if (state_ == State::abort) return request_.reset();
    const bool is_local =
        error.code != ErrorCode::unavailable && error.code != ErrorCode::resource_exhausted;
    finish({.kind = is_local ? RemoteEnd::Kind::again : RemoteEnd::Kind::unreachable,
            .reason = error.message});
}

void RemoteSession::on_answer(const RemoteAnswer& answer) {
    if (state_ == State::abort) return request_.reset();
    if (state_ == State::head) return on_head(answer);
    const bool is_conditional =
        state_ == State::put || state_ == State::complete || state_ == State::remove;
    if (answer.status == not_implemented && is_conditional && known_.takes_conditions) {
        known_.takes_conditions = false;
        return state_ == State::complete ? complete_upload() : write();
    }
    if (!is_good(answer.status)) return refuse(answer);
    switch (state_) {
        case State::versioning:
            known_.has_versions = text_of_element(answer.body, "Status") == "Enabled";
            if (known_.has_versions) return start();
            return finish({.kind = RemoteEnd::Kind::failed, .reason = "DstBucketUnversioned"});
        case State::create:
            upload_id_ = text_of_element(answer.body, "UploadId");
            if (!upload_id_.empty()) return next_part();
            return finish({.reason = "the endpoint made an upload without an id"});
        case State::part: part_etags_.push_back(answer.etag); return next_part();
        case State::complete:
            // An error may come behind the head of a good answer.
            if (!text_of_element(answer.body, "Code").empty()) return refuse(answer);
            upload_id_.clear();
            return on_written(answer);
        case State::put:
        case State::remove: return on_written(answer);
        default: return next_change();
    }
}

void RemoteSession::on_head(const RemoteAnswer& answer) {
    if (answer.status == not_found) {
        etag_there_.reset();
        // Nobody sees the key there: the marker has been made, or there is nothing to hide.
        if (replica_.record.is_delete_marker) return finish({.kind = RemoteEnd::Kind::done});
        return write();
    }
    if (!is_good(answer.status)) {
        // HEAD says no more. Whether the key is wrong, the next attempt asks.
        const bool is_final = has_asked_versions_ && !may_pass(answer.status, "");
        known_.has_versions = false;
        if (is_final)
            return finish({.kind = RemoteEnd::Kind::failed, .reason = "DstPutObjectNotPermitted"});
        return refuse(answer);
    }
    etag_there_ = answer.etag;
    const auto there = parse_replica_mark(answer.mark, replica_.source, replica_.key);
    if (!there || *there < replica_.record.sequencer) return write();
    if (*there > replica_.record.sequencer)
        return finish({.kind = RemoteEnd::Kind::failed, .reason = "SrcObjectNotEligible"});
    // The answer to an earlier attempt was lost. What is beside the bytes may have changed since.
    on_written(answer);
}

void RemoteSession::write() {
    if (replica_.record.is_delete_marker) {
        RemoteRequest request{.method = "DELETE", .key = replica_.key};
        request.headers.emplace_back(schema::replica_header, "true");
        add_condition(request.headers);
        return send(State::remove, std::move(request));
    }
    replica_.parts.empty() ? put() : create_upload();
}

void RemoteSession::add_condition(Headers& headers) const {
    if (!known_.takes_conditions) return;
    if (etag_there_) {
        headers.emplace_back("If-Match", *etag_there_);
    } else {
        headers.emplace_back("If-None-Match", "*");
    }
}

Headers RemoteSession::headers_of_new() const {
    const ObjectRecord& record = replica_.record;
    Headers headers;
    if (!record.content_type.empty()) headers.emplace_back("Content-Type", record.content_type);
    for (const auto& [name, value] : record.headers) headers.emplace_back(name, value);
    for (const auto& [name, value] : record.metadata) {
        if (name != replica_mark) headers.emplace_back("x-amz-meta-" + name, value);
    }
    headers.emplace_back("x-amz-meta-" + std::string(replica_mark),
                         replica_mark_of(replica_.source, replica_.key, record.sequencer));
    if (!replica_.storage_class.empty())
        headers.emplace_back("x-amz-storage-class", replica_.storage_class);
    if (!record.website_redirect.empty())
        headers.emplace_back("x-amz-website-redirect-location", record.website_redirect);
    std::string tags;
    for (const auto& tag : record.tags)
        tags += fmt::format("{}{}={}", tags.empty() ? "" : "&", percent_encode(tag.key),
                            percent_encode(tag.value));
    if (!tags.empty()) headers.emplace_back("x-amz-tagging", tags);
    if (has_retention()) {
        headers.emplace_back("x-amz-object-lock-mode", record.lock.mode);
        headers.emplace_back("x-amz-object-lock-retain-until-date",
                             format_iso8601_millis(record.lock.retain_until));
    }
    if (record.lock.has_legal_hold) headers.emplace_back("x-amz-object-lock-legal-hold", "ON");
    return headers;
}

void RemoteSession::put() {
    const ObjectRecord& record = replica_.record;
    RemoteRequest request{.method = "PUT", .key = replica_.key, .headers = headers_of_new()};
    request.headers.emplace_back(schema::replica_header, "true");
    add_condition(request.headers);
    // Where it is the digest of the bytes.
    const bool is_md5 =
        record.etag.size() == md5_hex_digits &&
        (record.encryption.by.empty() || record.encryption.by == schema::encrypted_by_service);
    const auto digest = from_hex(record.etag);
    if (is_md5 && digest) request.headers.emplace_back("Content-MD5", to_base64(*digest));
    // S3 takes one.
    if (!record.checksums.empty())
        request.headers.emplace_back(checksum_header(record.checksums.front().algorithm),
                                     record.checksums.front().value);
    if (replica_.bytes) {
        request.body = *replica_.bytes;
    } else if (record.size_bytes > 0) {
        request.range = RemoteRange{.offset = 0, .length = record.size_bytes};
    }
    send(State::put, std::move(request));
}

void RemoteSession::create_upload() {
    RemoteRequest request{.method = "POST", .key = replica_.key, .query = "uploads"};
    request.headers = headers_of_new();
    if (!replica_.checksum_algorithm.empty()) {
        const std::string& type = replica_.record.checksum_type;
        request.headers.emplace_back("x-amz-checksum-algorithm", replica_.checksum_algorithm);
        request.headers.emplace_back("x-amz-checksum-type", type.empty() ? "FULL_OBJECT" : type);
    }
    part_etags_.clear();
    send(State::create, std::move(request));
}

void RemoteSession::next_part() {
    if (part_etags_.size() == replica_.parts.size()) return complete_upload();
    const auto& part = replica_.parts[part_etags_.size()];
    RemoteRequest request{.method = "PUT", .key = replica_.key};
    request.query =
        fmt::format("partNumber={}&uploadId={}", part.number, percent_encode(upload_id_));
    if (!part.checksum.empty() && !replica_.checksum_algorithm.empty())
        request.headers.emplace_back(checksum_header(replica_.checksum_algorithm), part.checksum);
    if (part.length > 0) request.range = RemoteRange{.offset = part.offset, .length = part.length};
    send(State::part, std::move(request));
}

void RemoteSession::complete_upload() {
    const auto& algorithm = replica_.checksum_algorithm;
    std::string document = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < replica_.parts.size(); ++i) {
        const auto& part = replica_.parts[i];
        document += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag>", part.number,
                                escape(part_etags_[i]));
        if (!part.checksum.empty() && !algorithm.empty())
            document += fmt::format("<Checksum{0}>{1}</Checksum{0}>", algorithm, part.checksum);
        document += "</Part>";
    }
    document += "</CompleteMultipartUpload>";
    RemoteRequest request{.method = "POST", .key = replica_.key};
    request.query = "uploadId=" + percent_encode(upload_id_);
    request.headers.emplace_back(schema::replica_header, "true");
    add_document(request, std::move(document));
    add_condition(request.headers);
    const auto& checksums = replica_.record.checksums;
    if (replica_.record.checksum_type.empty() && !algorithm.empty() && !checksums.empty())
        request.headers.emplace_back(checksum_header(checksums.front().algorithm),
                                     checksums.front().value);
    send(State::complete, std::move(request));
}

void RemoteSession::on_written(const RemoteAnswer& answer) {
    version_id_ = answer.version_id;
    // What was written now has all of it.
    if (state_ == State::head) return next_change();
    finish({.kind = RemoteEnd::Kind::done, .version_id = version_id_});
}

// --- What is beside the bytes ------------------------------------------------------------------

std::string RemoteSession::version_query(std::string_view name) const {
    return version_id_.empty() ? std::string(name)
                               : fmt::format("{}&versionId={}", name, percent_encode(version_id_));
}

// One request each; those of a lock never take it off.
void RemoteSession::next_change() {
    const ObjectRecord& record = replica_.record;
    const bool is_whole = lacks(ReplicatedPart::whole);
    const auto is_due = [&](State state, ReplicatedPart part, bool has_any) {
        if (std::ranges::find(changes_, state) != changes_.end()) return false;
        changes_.push_back(state);
        return is_whole ? has_any : lacks(part);
    };
    RemoteRequest request{.method = "PUT", .key = replica_.key};
    if (is_due(State::tags, ReplicatedPart::tags, !record.tags.empty())) {
        std::string document = "<Tagging><TagSet>";
        for (const auto& tag : record.tags)
            document += fmt::format("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escape(tag.key),
                                    escape(tag.value));
        add_document(request, document + "</TagSet></Tagging>");
        request.query = version_query("tagging");
        return send(State::tags, std::move(request));
    }
    if (is_due(State::retention, ReplicatedPart::retention, true) && has_retention()) {
        add_document(
            request,
            fmt::format("<Retention><Mode>{}</Mode><RetainUntilDate>{}</RetainUntilDate>"
                        "</Retention>",
                        record.lock.mode, format_iso8601_millis(record.lock.retain_until)));
        request.query = version_query("retention");
        return send(State::retention, std::move(request));
    }
    if (is_due(State::hold, ReplicatedPart::legal_hold, true) && record.lock.has_legal_hold) {
        add_document(request, "<LegalHold><Status>ON</Status></LegalHold>");
        request.query = version_query("legal-hold");
        return send(State::hold, std::move(request));
    }
    finish({.kind = RemoteEnd::Kind::done, .version_id = version_id_});
}

// --- What goes wrong ---------------------------------------------------------------------------

void RemoteSession::refuse(const RemoteAnswer& answer) {
    const std::string code = text_of_element(answer.body, "Code");
    const std::string message = text_of_element(answer.body, "Message");
    // 404 of a bucket: there is no upload by that id, or no such version.
    if (!is_good(answer.status) && !may_pass(answer.status, code)) {
        known_.has_versions = false;
        return finish(
            {.kind = RemoteEnd::Kind::failed, .reason = std::string(reason_of(code, message))});
    }
    std::string reason = fmt::format("the endpoint answered {} {}", answer.status, code);
    if (!message.empty()) reason += ": " + message;
    if (answer.status == precondition_failed)
        reason = "the object was changed at the endpoint meanwhile";
    finish({.kind = is_overloaded(answer.status) ? RemoteEnd::Kind::unreachable
                                                 : RemoteEnd::Kind::again,
            .reason = std::move(reason)});
}

}  // namespace onput::storage
