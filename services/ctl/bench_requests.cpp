#include "services/ctl/bench_requests.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/query.hpp"
#include "common/base/random.hpp"
#include "services/ctl/http_client.hpp"

namespace onput::ctl {
namespace {

constexpr std::uint64_t pattern_bytes_max = 1024 * 1024;

std::string random_text(std::uint64_t bytes) {
    Random random(1);
    std::string text;
    while (text.size() < bytes) text += random.hex(16);
    text.resize(bytes);
    return text;
}

std::string digest_of(DigestAlgorithm algorithm, std::string_view pattern, std::uint64_t bytes) {
    Digest digest(algorithm);
    for (std::uint64_t done = 0; done < bytes; done += pattern.size())
        digest.update(pattern.substr(0, bytes - done));
    return to_hex(digest.finish());
}

Result<LoadResult> without_failures(Result<LoadResult> load) {
    if (!load || load->failures == 0) return load;
    return fail(ErrorCode::internal,
                fmt::format("{} of {} requests failed, the first with:\n{}", load->failures,
                            load->requests, load->first_failure));
}

double millis(Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

BenchRequests::BenchRequests(const Instance& instance, std::uint64_t size_bytes)
    : host_(instance.url.substr(std::string_view("http://").size())),
      signer_({.access_key = instance.access_key,
               .secret = instance.secret,
               .region = instance.region,
               .service = "s3"}),
      pattern_(random_text(std::min(size_bytes, pattern_bytes_max))),
      size_bytes_(size_bytes),
      hash_(digest_of(DigestAlgorithm::sha256, pattern_, size_bytes)) {}

BenchRequests::BenchRequests(const Instance& instance, ToService to)
    : host_(instance.url.substr(std::string_view("http://").size())),
      signer_({.access_key = instance.access_key,
               .secret = instance.secret,
               .region = instance.region,
               .service = std::move(to.service)}),
      pattern_(std::move(to.body)),
      size_bytes_(pattern_.size()),
      hash_(digest_of(DigestAlgorithm::sha256, pattern_, size_bytes_)) {}

Result<LoadRequest> BenchRequests::make(std::string_view method, const std::string& path,
                                        const std::string& query) {
    const std::array<auth::Header, 1> headers{{{"host", host_}}};
    ONPUT_TRY(const auto parameters, parse_query(query));
    const auth::RequestView view{
        .method = method, .path = path, .query = parameters, .headers = headers};
    ONPUT_TRY(const auto made, signer_.sign(view, hash_, wall_now()));
    // S3 alone has the hash in a header as well.
    const std::string hash = made.content_sha256.empty()
                                 ? ""
                                 : fmt::format("x-amz-content-sha256: {}\r\n", made.content_sha256);
    return LoadRequest{.head = fmt::format("{} {}{}{} HTTP/1.1\r\nHost: {}\r\nx-amz-date: {}\r\n{}"
                                           "Authorization: {}\r\nContent-Length: {}\r\n\r\n",
                                           method, path, query.empty() ? "" : "?", query, host_,
                                           made.amz_date, hash, made.authorization, size_bytes_),
                       .body = pattern_,
                       .body_bytes = size_bytes_};
}

std::string BenchRequests::md5_hex() const {
    return digest_of(DigestAlgorithm::md5, pattern_, size_bytes_);
}

Result<void> make_bench_bucket(const Instance& instance) {
    HttpClient client(instance);
    ONPUT_TRY(const auto answer,
              client.send({.method = "PUT", .path = fmt::format("/{}", bench_bucket)}));
    if (answer.status == 200 || answer.status == 409) return {};
    return fail(ErrorCode::internal, "create the bench's bucket: " + answer.body);
}

std::string bench_key(std::string_view run, std::uint64_t number) {
    return fmt::format("/{}/{}/{:08}", bench_bucket, run, number);
}

Result<BenchResult> summarise(std::string title, Result<LoadResult> load, std::string_view unit) {
    ONPUT_TRY(auto result, without_failures(std::move(load)));
    return BenchResult{.title = std::move(title),
                       .metrics = {{fmt::format("{}/s", unit), result.per_second()},
                                   {"requests", static_cast<double>(result.requests)},
                                   {"p50 ms", millis(result.percentile(0.5))},
                                   {"p99 ms", millis(result.percentile(0.99))},
                                   {"max ms", millis(result.percentile(1))}}};
}

Result<BenchResult> summarise_bytes(std::string title, Result<LoadResult> load,
                                    std::uint64_t size_bytes) {
    ONPUT_TRY(auto result, without_failures(std::move(load)));
    constexpr double mega = 1e6;
    return BenchResult{
        .title = std::move(title),
        .metrics = {{"MB/s", result.per_second() * static_cast<double>(size_bytes) / mega},
                    {"seconds", millis(result.elapsed) / 1e3},
                    {"requests", static_cast<double>(result.requests)},
                    {"p50 ms", millis(result.percentile(0.5))},
                    {"max ms", millis(result.percentile(1))}}};
}

}  // namespace onput::ctl
