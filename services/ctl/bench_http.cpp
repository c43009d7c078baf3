// `onput bench put` and `onput bench get`: signed requests over keep-alive connections.
#include <fmt/format.h>

#include "common/auth/signer.hpp"
#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/base/random.hpp"
#include "services/ctl/bench.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/load.hpp"

namespace onput::ctl {
namespace {

constexpr std::uint64_t get_keys = 1000;
constexpr std::string_view bucket = "onput-bench-objects";

// Renders signed requests of one body; the key changes from request to request.
class RequestMaker {
public:
    RequestMaker(const Instance& instance, std::string body)
        : host_(instance.url.substr(std::string_view("http://").size())),
          signer_({.access_key = instance.access_key,
                   .secret = instance.secret,
                   .region = instance.region,
                   .service = "s3"}),
          body_(std::move(body)),
          hash_(to_hex(Digest::of(DigestAlgorithm::sha256, body_))) {}

    Result<std::string> make(std::string_view method, const std::string& path) {
        const std::array<auth::Header, 1> headers{{{"host", host_}}};
        ONPUT_TRY(
            const auto made,
            signer_.sign({.method = method, .path = path, .headers = headers}, hash_, wall_now()));
        std::string text = fmt::format(
            "{} {} HTTP/1.1\r\nHost: {}\r\nx-amz-date: {}\r\nx-amz-content-sha256: "
            "{}\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n",
            method, path, host_, made.amz_date, made.content_sha256, made.authorization,
            body_.size());
        text += body_;
        return text;
    }

private:
    std::string host_;
    auth::Signer signer_;
    std::string body_;
    std::string hash_;
};

std::string random_body(std::size_t bytes) {
    Random random(1);
    std::string body;
    while (body.size() < bytes) body += random.hex(16);
    body.resize(bytes);
    return body;
}

Result<void> make_bucket(const Instance& instance) {
    HttpClient client(instance);
    ONPUT_TRY(const auto answer,
              client.send({.method = "PUT", .path = fmt::format("/{}", bucket)}));
    if (answer.status != 200)
        return fail(ErrorCode::internal, "create the bench's bucket: " + answer.body);
    return {};
}

Result<BenchResult> summarise(std::string title, Result<LoadResult> load, std::string_view unit) {
    if (!load) return std::unexpected(load.error());
    if (load->failures != 0) {
        return fail(ErrorCode::internal,
                    fmt::format("{} of {} requests failed, the first with:\n{}", load->failures,
                                load->requests, load->first_failure.substr(0, 600)));
    }
    const auto millis = [&load](double share) {
        return std::chrono::duration<double, std::milli>(load->percentile(share)).count();
    };
    return BenchResult{.title = std::move(title),
                       .metrics = {{std::string(unit) + "/s", load->per_second()},
                                   {"requests", static_cast<double>(load->requests)},
                                   {"p50 ms", millis(0.5)},
                                   {"p99 ms", millis(0.99)},
                                   {"max ms", millis(1)}}};
}

}  // namespace

Result<BenchResult> bench_put(const Instance& instance, const BenchOptions& options) {
    ONPUT_TRY_VOID(make_bucket(instance));
    RequestMaker maker(instance, random_body(options.size_bytes));
    const std::string run = Random::from_system().hex(8);
    const auto make = [&](std::uint64_t number) {
        return maker.make("PUT", fmt::format("/{}/{}/{:08}", bucket, run, number));
    };
    return summarise(fmt::format("durable PUT of {} bytes with its event, signed, {} clients",
                                 options.size_bytes, options.clients),
                     run_load({.url = instance.url,
                               .clients = options.clients,
                               .duration = std::chrono::seconds(options.seconds)},
                              make),
                     "PUT");
}

Result<BenchResult> bench_get(const Instance& instance, const BenchOptions& options) {
    ONPUT_TRY_VOID(make_bucket(instance));
    HttpClient client(instance);
    const std::string body = random_body(options.size_bytes);
    for (std::uint64_t i = 0; i < get_keys; ++i) {
        ONPUT_TRY(const auto put, client.send({.method = "PUT",
                                               .path = fmt::format("/{}/get/{}", bucket, i),
                                               .body = body}));
        if (put.status != 200)
            return fail(ErrorCode::internal, "put an object to get: " + put.body);
    }
    RequestMaker maker(instance, "");
    const auto make = [&](std::uint64_t number) {
        return maker.make("GET", fmt::format("/{}/get/{}", bucket, number % get_keys));
    };
    return summarise(
        fmt::format("GET of {} bytes, signed, {} clients", options.size_bytes, options.clients),
        run_load({.url = instance.url,
                  .clients = options.clients,
                  .duration = std::chrono::seconds(options.seconds)},
                 make),
        "GET");
}

}  // namespace onput::ctl
