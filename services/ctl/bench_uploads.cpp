// `onput bench upload|multipart|download`: large objects, in bytes per second.
#include <fmt/format.h>

#include "common/base/random.hpp"
#include "services/ctl/bench_requests.hpp"
#include "services/ctl/http_client.hpp"

namespace onput::ctl {
namespace {

constexpr std::uint64_t size_bytes_default = 1024ULL * 1024 * 1024;
constexpr std::uint64_t part_bytes = 16ULL * 1024 * 1024;
constexpr std::uint32_t part_clients = 4;

std::uint64_t size_of(const BenchOptions& options) {
    return options.size_bytes != 0 ? options.size_bytes : size_bytes_default;
}

Result<std::string> element_of(const std::string& document, std::string_view name) {
    const std::string opening = fmt::format("<{}>", name);
    const auto from = document.find(opening);
    const auto to = document.find(fmt::format("</{}>", name));
    if (from == std::string::npos || to == std::string::npos || to < from)
        return fail(ErrorCode::internal, fmt::format("no {} in {}", name, document));
    return document.substr(from + opening.size(), to - from - opening.size());
}

Result<std::string> post(const Instance& instance, const std::string& path,
                         const std::string& query, const std::string& body) {
    HttpClient client(instance);
    ONPUT_TRY(const auto answer, client.send({.method = "POST",
                                              .path = path,
                                              .query = query,
                                              .headers = {{"content-type", "application/xml"}},
                                              .body = body}));
    if (answer.status == 200) return answer.body;
    return fail(ErrorCode::internal, fmt::format("POST {}?{}: {}", path, query, answer.body));
}

}  // namespace

// One object a connection, at the same time.
Result<BenchResult> bench_upload(const Instance& instance, const BenchOptions& options) {
    const std::uint64_t size = size_of(options);
    const std::uint32_t clients = std::max(options.clients, 1U);
    ONPUT_TRY_VOID(make_bench_bucket(instance));
    BenchRequests requests(instance, size);
    const std::string run = Random::from_system().hex(8);
    const auto make = [&](std::uint64_t number) {
        return requests.make("PUT", bench_key(run, number));
    };
    return summarise_bytes(
        fmt::format("durable PUT of {} bytes, {} at once", size, clients),
        run_load({.url = instance.url, .clients = clients, .requests_max = clients}, make), size);
}

// The parts of one object over several connections; its completion counts.
Result<BenchResult> bench_multipart(const Instance& instance, const BenchOptions& options) {
    const std::uint64_t parts = std::max<std::uint64_t>(size_of(options) / part_bytes, 1);
    const std::uint32_t clients = options.clients != 0 ? options.clients : part_clients;
    ONPUT_TRY_VOID(make_bench_bucket(instance));
    BenchRequests requests(instance, part_bytes);
    const std::string path = bench_key(Random::from_system().hex(8), 0);
    ONPUT_TRY(const auto created, post(instance, path, "uploads=", ""));
    ONPUT_TRY(const auto upload_id, element_of(created, "UploadId"));
    const auto make = [&](std::uint64_t number) {
        return requests.make("PUT", path,
                             fmt::format("partNumber={}&uploadId={}", number + 1, upload_id));
    };
    std::string document = "<CompleteMultipartUpload>";
    for (std::uint64_t number = 1; number <= parts; ++number) {
        document += fmt::format("<Part><ETag>{}</ETag><PartNumber>{}</PartNumber></Part>",
                                requests.md5_hex(), number);
    }
    document += "</CompleteMultipartUpload>";
    auto load = run_load({.url = instance.url, .clients = clients, .requests_max = parts}, make);
    if (load && load->failures == 0) {
        const auto begin = std::chrono::steady_clock::now();
        ONPUT_TRY_VOID(post(instance, path, "uploadId=" + upload_id, document));
        load->elapsed +=
            std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
    }
    return summarise_bytes(
        fmt::format("durable multipart upload of {} parts of {} bytes, {} at once", parts,
                    part_bytes, clients),
        std::move(load), part_bytes);
}

Result<BenchResult> bench_download(const Instance& instance, const BenchOptions& options) {
    const std::uint64_t size = size_of(options);
    const std::uint32_t clients = std::max(options.clients, 1U);
    ONPUT_TRY_VOID(make_bench_bucket(instance));
    const std::string key = bench_key(fmt::format("download-{}", size), 0);
    HttpClient client(instance);
    ONPUT_TRY(const auto there, client.send({.method = "HEAD", .path = key}));
    if (there.status != 200) {
        BenchRequests upload(instance, size);
        const auto make = [&](std::uint64_t /*number*/) { return upload.make("PUT", key); };
        ONPUT_TRY_VOID(summarise_bytes(
            "upload", run_load({.url = instance.url, .clients = 1, .requests_max = 1}, make),
            size));
    }
    BenchRequests requests(instance, 0);
    const auto make = [&](std::uint64_t /*number*/) { return requests.make("GET", key); };
    return summarise_bytes(
        fmt::format("GET of {} bytes, {} at once", size, clients),
        run_load({.url = instance.url, .clients = clients, .requests_max = clients}, make), size);
}

}  // namespace onput::ctl
