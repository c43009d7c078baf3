// What the benches of objects share: signed requests, their bucket, and a load's figures.
#pragma once

#include <string>
#include <string_view>

#include "common/auth/signer.hpp"
#include "services/ctl/bench.hpp"
#include "services/ctl/load.hpp"

namespace onput::ctl {

inline constexpr std::string_view bench_bucket = "onput-bench-objects";

// Renders signed requests that all have the same body, hashed once: `size_bytes` of a pattern, or a
// text.
class BenchRequests {
public:
    BenchRequests(const Instance& instance, std::uint64_t size_bytes);
    // Of another service than S3.
    struct ToService {
        std::string service;
        std::string body;
    };
    BenchRequests(const Instance& instance, ToService to);
    BenchRequests(const BenchRequests&) = delete;
    BenchRequests& operator=(const BenchRequests&) = delete;

    // What is made refers to the body here.
    Result<LoadRequest> make(std::string_view method, const std::string& path,
                             const std::string& query = {});
    // Of the body; what S3 answers to a put of it.
    [[nodiscard]] std::string md5_hex() const;

private:
    std::string host_;
    auth::Signer signer_;
    std::string pattern_;
    std::uint64_t size_bytes_;
    std::string hash_;
};

// The bucket is there, or it is made.
Result<void> make_bench_bucket(const Instance& instance);

// "<run>/00000042", a run's own.
std::string bench_key(std::string_view run, std::uint64_t number);

// Requests per second and their latencies; an error when one failed.
Result<BenchResult> summarise(std::string title, Result<LoadResult> load, std::string_view unit);
// Bytes per second, of requests of `size_bytes` each.
Result<BenchResult> summarise_bytes(std::string title, Result<LoadResult> load,
                                    std::uint64_t size_bytes);

}  // namespace onput::ctl
