#include "services/storage/replication/remote_sender.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/query.hpp"

namespace onput::storage {
namespace {

// What is read is verified block by block, and by the checksums that the endpoint is given.
constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

std::string header_of(const http::Answer& answer, std::string_view name) {
    const auto found = answer.headers.find(name);
    return found == answer.headers.end() ? std::string() : found->second;
}

RemoteAnswer answer_of(http::Answer answer) {
    return {.status = answer.status,
            .version_id = header_of(answer, "x-amz-version-id"),
            .etag = header_of(answer, "etag"),
            .mark = header_of(answer, fmt::format("x-amz-meta-{}", replica_mark)),
            .body = std::move(answer.body)};
}

}  // namespace

void RemoteSender::send(std::shared_ptr<ReplicaWork> work, RemoteSession::Knowledge known,
                        Done done) {
    const Endpoint* const endpoint = endpoint_of(work->due.destination);
    ONPUT_CHECK(endpoint != nullptr);
    RemoteSession session(work->remote, known, parts_.host.now());
    const auto sending = std::make_shared<Sending>(Sending{.work = std::move(work),
                                                           .session = std::move(session),
                                                           .endpoint = endpoint,
                                                           .done = std::move(done)});
    sending->session.start();
    // Behind this call, whatever comes of it.
    parts_.host.loop().post([this, sending] { step(sending); });
}

void RemoteSender::step(const SendingPtr& sending) {
    const auto& wanted = sending->session.request();
    if (!wanted) return sending->done(sending->work, sending->session);
    auto request = sign(*sending->endpoint, sending->work->due.destination, *wanted);
    if (!request) {
        sending->session.on_error(request.error());
        return parts_.host.loop().post([this, sending] { step(sending); });
    }
    if (wanted->range) {
        sending->read_bytes = 0;
        request->stream_bytes = wanted->range->length;
        request->bytes_per_second = parts_.bytes_per_second;
        request->next = [this, sending](http::PieceDone done) { read(sending, std::move(done)); };
    }
    client_->send(*std::move(request), [this, sending](Result<http::Answer> answer) {
        if (answer) {
            sending->session.on_answer(answer_of(*std::move(answer)));
        } else {
            sending->session.on_error(answer.error());
        }
        step(sending);
    });
}

Result<http::Request> RemoteSender::sign(const Endpoint& endpoint, const std::string& bucket,
                                         const RemoteRequest& request) {
    const auto [signer, is_new] = signers_.try_emplace(
        endpoint.buckets, auth::SignerOptions{.access_key = endpoint.access_key,
                                              .secret = endpoint.secret,
                                              .region = endpoint.region});
    std::string path = fmt::format("/{}", bucket);
    if (!request.key.empty()) path += "/" + percent_encode(request.key, "/");
    http::Request made{.method = request.method,
                       .url = fmt::format("{}{}{}{}", endpoint.url, path,
                                          request.query.empty() ? "" : "?", request.query),
                       .headers = request.headers,
                       .body = request.body};
    made.headers.emplace_back("Host", endpoint.authority());
    std::vector<auth::Header> headers;
    for (const auto& [name, value] : made.headers) headers.push_back({name, value});
    const std::string payload = request.range
                                    ? std::string(unsigned_payload)
                                    : to_hex(Digest::of(DigestAlgorithm::sha256, request.body));
    ONPUT_TRY(const auto parameters, parse_query(request.query));
    const auto signed_request = signer->second.sign(
        {.method = request.method, .path = path, .query = parameters, .headers = headers}, payload,
        parts_.host.now());
    if (!signed_request) return std::unexpected(signed_request.error());
    made.headers.emplace_back("x-amz-date", signed_request->amz_date);
    made.headers.emplace_back("x-amz-content-sha256", signed_request->content_sha256);
    made.headers.emplace_back("Authorization", signed_request->authorization);
    return made;
}

void RemoteSender::read(const SendingPtr& sending, http::PieceDone done) {
    const RemoteRange range = *sending->session.request()->range;
    const auto& work = sending->work;
    ONPUT_CHECK(sending->read_bytes < range.length);
    // Of one blob: the first of those that have the range.
    const auto sources =
        pieces_of(work->segments, range.offset + sending->read_bytes,
                  std::min<std::uint64_t>(range.length - sending->read_bytes, remote_piece_bytes));
    const SegmentPiece& source = sources.front();
    sending->read_bytes += source.length;
    const auto shared = std::make_shared<http::PieceDone>(std::move(done));
    parts_.blobs.read(
        source.blob, {.offset = source.offset, .length = source.length},
        [&loop = parts_.host.loop(), work, source, shared](Result<std::string> bytes) {
            // Heavy work, and this thread is not the loop's.
            if (bytes) work->key.apply(source.nonce, source.nonce_offset, *bytes);
            loop.post(
                [shared, bytes = std::move(bytes)]() mutable { (*shared)(std::move(bytes)); });
        });
}

}  // namespace onput::storage
