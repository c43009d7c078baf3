// `onput bench put|get|head|delete|list`: signed requests over keep-alive connections.
#include <fmt/format.h>

#include "common/base/random.hpp"
#include "services/ctl/bench_requests.hpp"
#include "services/ctl/http_client.hpp"

namespace onput::ctl {
namespace {

constexpr std::uint32_t clients_default = 32;
constexpr std::uint64_t size_bytes_default = 4096;
constexpr std::uint64_t read_keys = 1000;
constexpr std::uint64_t listed_keys_default = 10'000;
constexpr std::uint64_t deleted_keys_default = 20'000;

struct Shape {
    std::uint32_t clients;
    std::uint64_t size_bytes;
    Duration duration;
};

Shape shape_of(const BenchOptions& options) {
    return {.clients = options.clients != 0 ? options.clients : clients_default,
            .size_bytes = options.size_bytes != 0 ? options.size_bytes : size_bytes_default,
            .duration = std::chrono::seconds(options.seconds)};
}

std::string title_of(std::string_view what, const Shape& shape) {
    return fmt::format("{} of {} bytes, signed, {} clients", what, shape.size_bytes, shape.clients);
}

// Objects of that size under the keys 0 to count - 1 of a run.
Result<LoadResult> put_all(const Instance& instance, const Shape& shape, std::string_view run,
                           std::uint64_t count) {
    BenchRequests requests(instance, shape.size_bytes);
    auto load = run_load(
        {.url = instance.url, .clients = shape.clients, .requests_max = count},
        [&](std::uint64_t number) { return requests.make("PUT", bench_key(run, number)); });
    if (load && load->failures != 0)
        return fail(ErrorCode::internal, "put an object: " + load->first_failure);
    return load;
}

// The same keys in every run with as many of the same size: they are put once.
Result<std::string> keep_objects(const Instance& instance, const Shape& shape,
                                 std::uint64_t count) {
    std::string run = fmt::format("{}x{}", count, shape.size_bytes);
    HttpClient client(instance);
    ONPUT_TRY(const auto last, client.send({.method = "HEAD", .path = bench_key(run, count - 1)}));
    if (last.status != 200) ONPUT_TRY_VOID(put_all(instance, shape, run, count));
    return run;
}

Result<BenchResult> bench_reads(const Instance& instance, const BenchOptions& options,
                                std::string_view method) {
    const Shape shape = shape_of(options);
    ONPUT_TRY_VOID(make_bench_bucket(instance));
    ONPUT_TRY(std::string run, keep_objects(instance, shape, read_keys));
    BenchRequests requests(instance, 0);
    const auto make = [&](std::uint64_t number) {
        return requests.make(method, bench_key(run, number % read_keys));
    };
    return summarise(title_of(method, shape),
                     run_load({.url = instance.url,
                               .clients = shape.clients,
                               .duration = shape.duration,
                               .has_bodies = method != "HEAD"},
                              make),
                     method);
}

}  // namespace

Result<BenchResult> bench_put(const Instance& instance, const BenchOptions& options) {
    const Shape shape = shape_of(options);
    ONPUT_TRY_VOID(make_bench_bucket(instance));
    BenchRequests requests(instance, shape.size_bytes);
    const std::string run = Random::from_system().hex(8);
    const auto make = [&](std::uint64_t number) {
        return requests.make("PUT", bench_key(run, number));
    };
    return summarise(
        title_of("durable PUT", shape),
        run_load({.url = instance.url, .clients = shape.clients, .duration = shape.duration}, make),
        "PUT");
}

Result<BenchResult> bench_get(const Instance& instance, const BenchOptions& options) {
    return bench_reads(instance, options, "GET");
}

Result<BenchResult> bench_head(const Instance& instance, const BenchOptions& options) {
    return bench_reads(instance, options, "HEAD");
}

Result<BenchResult> bench_delete(const Instance& instance, const BenchOptions& options) {
    const Shape shape = shape_of(options);
    const std::uint64_t count = options.objects != 0 ? options.objects : deleted_keys_default;
    ONPUT_TRY_VOID(make_bench_bucket(instance));
    const std::string run = Random::from_system().hex(8);
    ONPUT_TRY_VOID(put_all(instance, shape, run, count));
    BenchRequests requests(instance, 0);
    const auto make = [&](std::uint64_t number) {
        return requests.make("DELETE", bench_key(run, number));
    };
    return summarise(
        title_of("durable DELETE", shape),
        run_load({.url = instance.url, .clients = shape.clients, .requests_max = count}, make),
        "DELETE");
}

// Pages that begin anywhere.
Result<BenchResult> bench_list(const Instance& instance, const BenchOptions& options) {
    const Shape shape = shape_of(options);
    const std::uint64_t count = options.objects != 0 ? options.objects : listed_keys_default;
    ONPUT_TRY_VOID(make_bench_bucket(instance));
    ONPUT_TRY(const std::string run, keep_objects(instance, shape, count));
    BenchRequests requests(instance, 0);
    Random random(1);
    constexpr std::uint64_t page = 1000;
    const auto make = [&](std::uint64_t /*number*/) {
        const std::uint64_t after = random.below(count > page ? count - page : 1);
        return requests.make(
            "GET", fmt::format("/{}", bench_bucket),
            fmt::format("list-type=2&max-keys={}&start-after={}%2F{:08}", page, run, after));
    };
    return summarise(
        fmt::format("LIST of {} out of {} keys, signed, {} clients", page, count, shape.clients),
        run_load({.url = instance.url, .clients = shape.clients, .duration = shape.duration}, make),
        "LIST");
}

}  // namespace onput::ctl
