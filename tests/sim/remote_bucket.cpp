#include "tests/sim/remote_bucket.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/text.hpp"
#include "services/storage/objects/records.hpp"
#include "services/storage/replication/remote_session.hpp"

namespace onput::sim {
namespace {

constexpr Duration skew_max = std::chrono::minutes(15);
constexpr std::string_view metadata_prefix = "x-amz-meta-";

std::string header_of(const http::Request& request, std::string_view wanted) {
    for (const auto& [name, value] : request.headers) {
        if (lower_case(name) == lower_case(wanted)) return value;
    }
    return {};
}

std::string value_of(const std::vector<QueryParameter>& query, std::string_view name) {
    const auto* found = find_parameter(query, name);
    return found == nullptr ? std::string() : found->value;
}

std::string etag_of_md5(const std::string& digest) {
    return fmt::format("\"{}\"", to_hex(digest));
}

}  // namespace

http::Answer RemoteBucket::error(int status, std::string_view code) {
    return {.status = status,
            .headers = {},
            .body = fmt::format("<Error><Code>{}</Code><Message>m</Message></Error>", code)};
}

http::Answer RemoteBucket::answer(const http::Request& request) {
    constexpr std::string_view scheme = "http://";
    ONPUT_CHECK(request.url.starts_with(scheme));
    std::string_view path = std::string_view(request.url).substr(scheme.size());
    path = path.substr(path.find('/') + 1);
    const auto question = path.find('?');
    const auto query = parse_query(question == std::string_view::npos ? std::string_view()
                                                                      : path.substr(question + 1));
    const auto decoded = percent_decode(path.substr(0, question));
    ONPUT_CHECK(query.has_value() && decoded.has_value());
    const auto slash = decoded->find('/');
    world_.expect(decoded->substr(0, slash) == options_.name, "another bucket is written to");
    const Call call{.request = request,
                    .key = slash == std::string::npos ? "" : decoded->substr(slash + 1),
                    .query = *query};
    world_.expect(header_of(request, "Authorization").starts_with("AWS4-HMAC-SHA256 Credential=K"),
                  "a request is not signed");
    const auto signed_at = parse_iso8601_basic(header_of(request, "x-amz-date"));
    world_.expect(signed_at.has_value(), "a request has no time");
    if (!signed_at) return error(400, "InvalidRequest");
    const Duration skew = *signed_at - world_.true_time();
    if (skew > skew_max || skew < -skew_max) return error(403, "RequestTimeTooSkewed");
    if (!is_made_) return error(404, "NoSuchBucket");
    if (world_.chance(options_.refusal_permille)) return error(403, "AccessDenied");
    if (!world_.chance(options_.error_permille)) return serve(call);
    // It is done, and nobody is told; or it is not.
    if (world_.chance(500)) static_cast<void>(serve(call));
    return world_.chance(500) ? error(500, "InternalError") : error(503, "SlowDown");
}

http::Answer RemoteBucket::serve(const Call& call) {
    const auto& method = call.request.method;
    const auto has = [&call](std::string_view name) {
        return find_parameter(call.query, name) != nullptr;
    };
    const std::string upload_id = value_of(call.query, "uploadId");
    world_.note(fmt::format("remote: {} {} {}", method, call.key,
                            header_of(call.request, "x-amz-meta-onput-replica")));
    if (method == "GET" && call.key.empty() && has("versioning"))
        return {.status = 200,
                .headers = {},
                .body =
                    "<VersioningConfiguration><Status>Enabled</Status>"
                    "</VersioningConfiguration>"};
    if (method == "HEAD") return head(call);
    if (method == "POST" && has("uploads")) {
        const std::string id = fmt::format("upload{}", ++last_id_);
        uploads_[id] = {.key = call.key, .version = version_of(call.request), .parts = {}};
        return {.status = 200,
                .headers = {},
                .body = fmt::format("<InitiateMultipartUploadResult><UploadId>{}</UploadId>"
                                    "</InitiateMultipartUploadResult>",
                                    id)};
    }
    if (method == "POST") return complete(call, upload_id);
    if (method == "DELETE" && !upload_id.empty()) {
        uploads_.erase(upload_id);
        return {.status = 204, .headers = {}, .body = {}};
    }
    if (method == "DELETE") return remove(call);
    if (method == "PUT" && !upload_id.empty()) return put_part(call, upload_id);
    if (method == "PUT" && (has("tagging") || has("legal-hold")))
        return change(call, value_of(call.query, "versionId"));
    if (method == "PUT" && call.query.empty()) return put(call);
    world_.broken(fmt::format("nobody knows {} {}", method, call.request.url));
    return error(405, "MethodNotAllowed");
}

const RemoteBucket::Version* RemoteBucket::visible(const std::string& key) const {
    const auto found = keys_.find(key);
    if (found == keys_.end() || found->second.empty()) return nullptr;
    const Version& newest = found->second.back();
    return newest.sequencer == 0 ? nullptr : &newest;
}

http::Answer RemoteBucket::head(const Call& call) {
    const Version* const there = visible(call.key);
    if (there == nullptr) return {.status = 404, .headers = {}, .body = {}};
    http::Answer answer{.status = 200,
                        .headers = {{"etag", there->etag}, {"x-amz-version-id", there->id}},
                        .body = {}};
    for (const auto& [name, value] : there->metadata)
        answer.headers[std::string(metadata_prefix) + name] = value;
    return answer;
}

int RemoteBucket::judge(const Call& call) const {
    const std::string match = header_of(call.request, "If-Match");
    const std::string none_match = header_of(call.request, "If-None-Match");
    if (match.empty() && none_match.empty()) return 200;
    if (!options_.takes_conditions) return 501;
    const Version* const there = visible(call.key);
    if (!none_match.empty()) return there == nullptr ? 200 : 412;
    return there != nullptr && there->etag == match ? 200 : 412;
}

RemoteBucket::Version RemoteBucket::version_of(const http::Request& request) {
    Version version;
    for (const auto& [name, value] : request.headers) {
        const std::string lower = lower_case(name);
        if (lower.starts_with(metadata_prefix))
            version.metadata[lower.substr(metadata_prefix.size())] = value;
    }
    const std::string& mark = version.metadata[std::string(storage::replica_mark)];
    version.sequencer = storage::parse_sequencer(mark.substr(0, mark.find(' '))).value_or(0);
    version.tags = percent_decode(header_of(request, "x-amz-tagging")).value_or("");
    version.has_hold = header_of(request, "x-amz-object-lock-legal-hold") == "ON";
    return version;
}

http::Answer RemoteBucket::put(const Call& call) {
    if (const int status = judge(call); status != 200) return error(status, "PreconditionFailed");
    Version version = version_of(call.request);
    const std::string digest = Digest::of(DigestAlgorithm::md5, call.request.body);
    const std::string claimed = header_of(call.request, "Content-MD5");
    if (!claimed.empty() && claimed != to_base64(digest)) {
        world_.broken("the bytes are not those of the MD5: " + call.key);
        return error(400, "BadDigest");
    }
    version.etag = etag_of_md5(digest);
    return add(call.key, std::move(version));
}

http::Answer RemoteBucket::remove(const Call& call) {
    if (const int status = judge(call); status != 200) return error(status, "PreconditionFailed");
    world_.expect(visible(call.key) != nullptr || !options_.takes_conditions,
                  "a delete marker is made twice: " + call.key);
    return add(call.key, {});
}

http::Answer RemoteBucket::put_part(const Call& call, const std::string& upload_id) {
    const auto found = uploads_.find(upload_id);
    if (found == uploads_.end()) return error(404, "NoSuchUpload");
    const std::string digest = Digest::of(DigestAlgorithm::md5, call.request.body);
    found->second.parts[std::stoi(value_of(call.query, "partNumber"))] = digest;
    return {.status = 200, .headers = {{"etag", etag_of_md5(digest)}}, .body = {}};
}

http::Answer RemoteBucket::complete(const Call& call, const std::string& upload_id) {
    const auto found = uploads_.find(upload_id);
    if (found == uploads_.end()) return error(404, "NoSuchUpload");
    if (const int status = judge(call); status != 200) return error(status, "PreconditionFailed");
    std::string digests;
    for (const auto& [number, digest] : found->second.parts) digests += digest;
    Version version = std::move(found->second.version);
    version.etag = fmt::format("\"{}-{}\"", to_hex(Digest::of(DigestAlgorithm::md5, digests)),
                               found->second.parts.size());
    uploads_.erase(found);
    return add(call.key, std::move(version));
}

http::Answer RemoteBucket::change(const Call& call, const std::string& version_id) {
    for (auto& version : keys_[call.key]) {
        if (version.id != version_id) continue;
        if (find_parameter(call.query, "tagging") == nullptr) {
            version.has_hold = true;
        } else {
            version.tags = fmt::format("{}={}", storage::text_of_element(call.request.body, "Key"),
                                       storage::text_of_element(call.request.body, "Value"));
        }
        return {.status = 200, .headers = {}, .body = {}};
    }
    return error(404, "NoSuchVersion");
}

// Where the order is seen: behind what is there already comes what is newer only.
http::Answer RemoteBucket::add(const std::string& key, Version version) {
    auto& history = keys_[key];
    std::uint64_t newest = 0;
    for (const auto& there : history) newest = std::max(newest, there.sequencer);
    if (version.sequencer != 0)
        world_.expect(
            version.sequencer > newest,
            fmt::format("{}: a version {} behind {}", key,
                        version.sequencer == newest ? "comes again" : "comes late", newest));
    version.id = fmt::format("v{}", ++last_id_);
    history.push_back(std::move(version));
    return {.status = 200,
            .headers = {{"x-amz-version-id", history.back().id}, {"etag", history.back().etag}},
            .body = "<R></R>"};
}

}  // namespace onput::sim
