// `onput bench put`, `get`, `head`, `delete`, `list` and `multipart`: signed requests over
// keep-alive connections.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/auth/signer.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/query.hpp"
#include "common/base/random.hpp"
#include "services/ctl/bench.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/load.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view bucket = "onput-bench-objects";
// What objects are read from: so many, of so many bytes altogether.
constexpr std::uint64_t read_keys_max = 1000;
constexpr std::uint64_t read_bytes_max = 256ULL * 1024 * 1024;
constexpr std::uint64_t part_bytes = 16ULL * 1024 * 1024;
constexpr Duration no_end = std::chrono::hours(24);

// Renders the heads of signed requests of one body; the key changes from request to request.
class RequestMaker {
public:
    RequestMaker(const Instance& instance, std::string_view body)
        : host_(instance.url.substr(std::string_view("http://").size())),
          signer_({.access_key = instance.access_key,
                   .secret = instance.secret,
                   .region = instance.region,
                   .service = "s3"}),
          body_bytes_(body.size()),
          hash_(to_hex(Digest::of(DigestAlgorithm::sha256, body))) {}

    Result<std::string> make(std::string_view method, const std::string& path,
                             const std::string& query = {}, std::string_view range = {}) {
        const std::array<auth::Header, 1> headers{{{"host", host_}}};
        ONPUT_TRY(const auto parameters, parse_query(query));
        ONPUT_TRY(
            const auto made,
            signer_.sign({.method = method, .path = path, .query = parameters, .headers = headers},
                         hash_, wall_now()));
        std::string text = fmt::format(
            "{} {}{}{} HTTP/1.1\r\nHost: {}\r\nx-amz-date: {}\r\nx-amz-content-sha256: "
            "{}\r\nAuthorization: {}\r\nContent-Length: {}\r\n",
            method, path, query.empty() ? "" : "?", query, host_, made.amz_date,
            made.content_sha256, made.authorization, body_bytes_);
        if (!range.empty()) text += fmt::format("Range: {}\r\n", range);
        return text + "\r\n";
    }

private:
    std::string host_;
    auth::Signer signer_;
    std::size_t body_bytes_;
    std::string hash_;
};

std::string random_body(std::size_t bytes) {
    Random random(1);
    std::string body;
    while (body.size() < bytes) body += random.hex(16);
    body.resize(bytes);
    return body;
}

Result<HttpAnswer> send(HttpClient& client, const HttpQuery& query) {
    ONPUT_TRY(auto answer, client.send(query));
    if (answer.status < 300) return answer;
    return fail(ErrorCode::internal,
                fmt::format("{} {}: {} {}", query.method, query.path, answer.status, answer.body));
}

Result<void> make_bucket(const Instance& instance, std::string_view name = bucket) {
    HttpClient client(instance);
    ONPUT_TRY_VOID(send(client, {.method = "PUT", .path = fmt::format("/{}", name)}));
    return {};
}

Result<LoadResult> without_failures(Result<LoadResult> load) {
    if (!load || load->failures == 0) return load;
    return fail(ErrorCode::internal,
                fmt::format("{} of {} requests failed, the first with:\n{}", load->failures,
                            load->requests, load->first_failure.substr(0, 600)));
}

double megabytes_per_second(const LoadResult& load, std::uint64_t bytes) {
    constexpr double megabyte = 1e6;
    const double seconds = std::chrono::duration<double>(load.elapsed).count();
    return seconds > 0 ? static_cast<double>(bytes) / megabyte / seconds : 0;
}

Result<BenchResult> summarise(std::string title, Result<LoadResult> load, std::string_view unit,
                              std::uint64_t body_bytes) {
    ONPUT_TRY(auto done, without_failures(std::move(load)));
    const auto millis = [&done](double share) {
        return std::chrono::duration<double, std::milli>(done.percentile(share)).count();
    };
    return BenchResult{
        .title = std::move(title),
        .metrics = {{std::string(unit) + "/s", done.per_second()},
                    {"requests", static_cast<double>(done.requests)},
                    {"MB/s", megabytes_per_second(done, done.requests * body_bytes + done.bytes)},
                    {"p50 ms", millis(0.5)},
                    {"p99 ms", millis(0.99)},
                    {"max ms", millis(1)}}};
}

LoadOptions load_of(const Instance& instance, const BenchOptions& options) {
    return {.url = instance.url,
            .clients = options.clients,
            .duration = std::chrono::seconds(options.seconds)};
}

// Puts objects <folder>/<number> for as long, or as many, as the load says.
Result<LoadResult> put_objects(const Instance& instance, LoadOptions load, std::string_view body,
                               const std::string& folder) {
    RequestMaker maker(instance, body);
    load.body = body;
    return without_failures(run_load(load, [&](std::uint64_t number) {
        return maker.make("PUT", fmt::format("{}/{:08}", folder, number));
    }));
}

// An operation on objects of a size that are there already.
struct ReadCase {
    std::string_view method;
    std::string_view title;
    bool are_heads = false;
};

Result<BenchResult> read_objects(const Instance& instance, const BenchOptions& options,
                                 const ReadCase& wanted) {
    ONPUT_TRY_VOID(make_bucket(instance));
    const std::string folder = fmt::format("/{}/read", bucket);
    const std::string body = random_body(options.size_bytes);
    const std::uint64_t keys = std::clamp<std::uint64_t>(
        read_bytes_max / std::max(options.size_bytes, 1U), 1, read_keys_max);
    LoadOptions fill = load_of(instance, options);
    fill.duration = no_end;
    fill.requests_max = keys;
    ONPUT_TRY_VOID(put_objects(instance, fill, body, folder));

    RequestMaker maker(instance, "");
    LoadOptions load = load_of(instance, options);
    load.are_heads = wanted.are_heads;
    const auto make = [&](std::uint64_t number) {
        return maker.make(wanted.method, fmt::format("{}/{:08}", folder, number % keys));
    };
    return summarise(fmt::format("{} of {} bytes, signed, {} clients", wanted.title,
                                 options.size_bytes, options.clients),
                     run_load(load, make), wanted.method, 0);
}

}  // namespace

Result<BenchResult> bench_put(const Instance& instance, const BenchOptions& options) {
    ONPUT_TRY_VOID(make_bucket(instance));
    const std::string body = random_body(options.size_bytes);
    const std::string folder = fmt::format("/{}/{}", bucket, Random::from_system().hex(8));
    return summarise(fmt::format("durable PUT of {} bytes with its event, signed, {} clients",
                                 options.size_bytes, options.clients),
                     put_objects(instance, load_of(instance, options), body, folder), "PUT",
                     body.size());
}

Result<BenchResult> bench_get(const Instance& instance, const BenchOptions& options) {
    return read_objects(instance, options, {.method = "GET", .title = "GET"});
}

Result<BenchResult> bench_head(const Instance& instance, const BenchOptions& options) {
    return read_objects(instance, options,
                        {.method = "HEAD", .title = "HEAD of objects", .are_heads = true});
}

Result<BenchResult> bench_delete(const Instance& instance, const BenchOptions& options) {
    ONPUT_TRY_VOID(make_bucket(instance));
    const std::string folder = fmt::format("/{}/{}", bucket, Random::from_system().hex(8));
    const std::string body = random_body(options.size_bytes);
    ONPUT_TRY(const auto filled, put_objects(instance, load_of(instance, options), body, folder));
    RequestMaker maker(instance, "");
    LoadOptions load = load_of(instance, options);
    load.requests_max = filled.requests;
    const auto make = [&](std::uint64_t number) {
        return maker.make("DELETE", fmt::format("{}/{:08}", folder, number));
    };
    return summarise(fmt::format("durable DELETE of {} bytes with its event, signed, {} clients",
                                 options.size_bytes, options.clients),
                     run_load(load, make), "DELETE", 0);
}

Result<BenchResult> bench_list(const Instance& instance, const BenchOptions& options) {
    const std::string name = fmt::format("onput-bench-list-{}", options.keys);
    ONPUT_TRY_VOID(make_bucket(instance, name));
    const auto key_of = [](std::uint64_t number) { return fmt::format("{:08}", number); };
    HttpClient client(instance);
    ONPUT_TRY(const auto last,
              client.send({.method = "HEAD",
                           .path = fmt::format("/{}/{}", name, key_of(options.keys - 1))}));
    if (last.status != 200) {
        LoadOptions fill = load_of(instance, options);
        fill.duration = no_end;
        fill.requests_max = options.keys;
        ONPUT_TRY_VOID(put_objects(instance, fill, "x", fmt::format("/{}", name)));
    }
    RequestMaker maker(instance, "");
    Random random(1);
    const auto make = [&](std::uint64_t) {
        return maker.make(
            "GET", fmt::format("/{}", name),
            fmt::format("list-type=2&start-after={}", key_of(random.below(options.keys))));
    };
    return summarise(fmt::format("LIST of 1,000 out of {} keys, signed, {} clients", options.keys,
                                 options.clients),
                     run_load(load_of(instance, options), make), "LIST", 0);
}

Result<BenchResult> bench_multipart(const Instance& instance, const BenchOptions& options) {
    ONPUT_TRY_VOID(make_bucket(instance));
    HttpClient client(instance);
    const std::string path = fmt::format("/{}/multipart", bucket);
    ONPUT_TRY(const auto created,
              send(client, {.method = "POST", .path = path, .query = "uploads="}));
    constexpr std::string_view opening = "<UploadId>";
    const auto begin = created.body.find(opening) + opening.size();
    const std::string upload_id = created.body.substr(begin, created.body.find('<', begin) - begin);

    const std::string body = random_body(part_bytes);
    const std::uint64_t parts = std::max<std::uint64_t>(options.size_bytes / part_bytes, 1);
    LoadOptions load = load_of(instance, options);
    load.duration = no_end;
    load.requests_max = parts;
    load.body = body;
    RequestMaker putter(instance, body);
    ONPUT_TRY(const auto up, without_failures(run_load(load, [&](std::uint64_t number) {
                  return putter.make(
                      "PUT", path, fmt::format("partNumber={}&uploadId={}", number + 1, upload_id));
              })));
    const std::string etag = to_hex(Digest::of(DigestAlgorithm::md5, body));
    std::string document = "<CompleteMultipartUpload>";
    for (std::uint64_t number = 1; number <= parts; ++number) {
        document +=
            fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number, etag);
    }
    document += "</CompleteMultipartUpload>";
    ONPUT_TRY_VOID(send(client, {.method = "POST",
                                 .path = path,
                                 .query = fmt::format("uploadId={}", upload_id),
                                 .body = std::move(document)}));
    load.body = {};
    RequestMaker getter(instance, "");
    ONPUT_TRY(const auto down, without_failures(run_load(load, [&](std::uint64_t number) {
                  return getter.make("GET", path, {},
                                     fmt::format("bytes={}-{}", number * part_bytes,
                                                 (number + 1) * part_bytes - 1));
              })));
    return BenchResult{
        .title = fmt::format("{} MiB in parts of {} MiB, signed, {} clients",
                             parts * part_bytes >> 20U, part_bytes >> 20U, options.clients),
        .metrics = {{"up MB/s", megabytes_per_second(up, parts * part_bytes)},
                    {"down MB/s", megabytes_per_second(down, down.bytes)}}};
}

}  // namespace onput::ctl
