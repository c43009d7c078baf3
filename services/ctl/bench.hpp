// The measurements of `onput bench`, one function each. They use a running instance and leave their
// objects in buckets named onput-bench-*.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/ctl/commands.hpp"
#include "services/ctl/instance.hpp"

namespace onput::ctl {

// Their names, as the command takes them.
inline constexpr std::array<std::string_view, 14> bench_names{
    "put",      "get",    "head",  "delete", "list",   "upload", "multipart",
    "download", "notify", "queue", "bus",    "fanout", "speak",  "function"};

// What a measurement found: named numbers, in order, e.g. {"PUT/s", 8123.4}.
struct BenchResult {
    std::string title;
    std::vector<std::pair<std::string, double>> metrics;
};

Result<BenchResult> bench_put(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_get(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_head(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_delete(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_list(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_upload(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_multipart(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_download(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_notify(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_queue(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_fanout(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_speak(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_function(const Instance& instance, const BenchOptions& options);
Result<BenchResult> bench_bus(const Instance& instance, const BenchOptions& options);

}  // namespace onput::ctl
