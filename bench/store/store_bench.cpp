// How fast the store acknowledges: rows by size of the turn's batch, small and large blobs.
//
//     store_bench DIRECTORY        writes there, about 2 GiB, and removes it again
//
// Every number counts only what was reported durable. Data is random: nothing gains by compression.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <vector>

#include "common/base/digest.hpp"
#include "common/store/rocks_store.hpp"

namespace onput::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double seconds_per_case = 2;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void report(const std::string& what, double per_second, std::vector<double> latencies_us,
            double bytes_each) {
    std::sort(latencies_us.begin(), latencies_us.end());
    const std::size_t count = latencies_us.size();
    std::printf("%-44s %10.0f /s %8.1f MB/s   p50 %6.0f us   p99 %6.0f us\n", what.c_str(),
                per_second, per_second * bytes_each / 1e6, latencies_us[count / 2],
                latencies_us[count * 99 / 100]);
}

// Turns one after another: `rows` commits, one sync, wait for it.
void bench_turns(Store& store, std::atomic<Ticket>& durable, std::size_t rows,
                 std::size_t row_bytes) {
    const std::string value = secure_random_bytes(row_bytes);
    std::vector<double> latencies;
    std::uint64_t number = 0;
    const auto start = Clock::now();
    while (seconds_since(start) < seconds_per_case) {
        const auto turn = Clock::now();
        Ticket last = 0;
        for (std::size_t i = 0; i < rows; ++i) {
            Batch batch("p");
            batch.put("m/" + std::to_string(number++), value);
            last = store.commit(std::move(batch)).value();
        }
        store.sync();
        for (Ticket seen = durable; seen < last; seen = durable) durable.wait(seen);
        latencies.push_back(seconds_since(turn) * 1e6);
    }
    const double per_second = static_cast<double>(number) / seconds_since(start);
    report("rows of " + std::to_string(row_bytes) + " B, " + std::to_string(rows) + " per sync",
           per_second, std::move(latencies), static_cast<double>(row_bytes));
}

// Commits as fast as they go, synced all the time, at most 1,024 ahead of the disk.
void bench_stream(Store& store, std::atomic<Ticket>& durable, std::size_t row_bytes) {
    const std::string value = secure_random_bytes(row_bytes);
    std::uint64_t number = 0;
    Ticket last = 0;
    const auto start = Clock::now();
    while (seconds_since(start) < seconds_per_case) {
        Batch batch("p");
        batch.put("s/" + std::to_string(number++), value);
        last = store.commit(std::move(batch)).value();
        if (number % 16 == 0) store.sync();
        for (Ticket seen = durable; seen + 1024 < last; seen = durable) durable.wait(seen);
    }
    store.sync();
    for (Ticket seen = durable; seen < last; seen = durable) durable.wait(seen);
    report("rows of " + std::to_string(row_bytes) + " B, stream",
           static_cast<double>(number) / seconds_since(start), {0}, static_cast<double>(row_bytes));
}

// Keeps `depth` small blobs on their way.
void bench_segments(BlobStore& blobs, std::size_t depth, std::size_t blob_bytes) {
    const std::string bytes = secure_random_bytes(blob_bytes);
    std::atomic<std::uint64_t> done = 0;
    std::uint64_t sent = 0;
    std::vector<double> latencies(1'000'000);
    const auto start = Clock::now();
    while (seconds_since(start) < seconds_per_case) {
        const auto begun = Clock::now();
        blobs.write({.partition = "p", .key = "k"}, bytes,
                    [&, begun, number = sent](const Result<BlobRef>& ref) {
                        static_cast<void>(ref.value());
                        latencies[number % latencies.size()] = seconds_since(begun) * 1e6;
                        ++done;
                        done.notify_one();
                    });
        ++sent;
        for (std::uint64_t seen = done; seen + depth <= sent; seen = done) done.wait(seen);
    }
    for (std::uint64_t seen = done; seen < sent; seen = done) done.wait(seen);
    latencies.resize(std::min<std::size_t>(sent, latencies.size()));
    report("segment blobs of " + std::to_string(blob_bytes / 1024) + " KiB, " +
               std::to_string(depth) + " at once",
           static_cast<double>(sent) / seconds_since(start), std::move(latencies),
           static_cast<double>(blob_bytes));
}

Result<BlobRef> write_file(BlobStore& blobs, std::size_t blob_bytes, const std::string& piece) {
    const auto writer = blobs.open({.partition = "p", .key = "k"}).value();
    for (std::size_t offset = 0; offset < blob_bytes; offset += piece.size()) {
        std::promise<bool> appended;
        writer->append(piece, [&](const Result<void>& r) { appended.set_value(r.has_value()); });
        appended.get_future().get();
    }
    std::promise<Result<BlobRef>> sealed;
    writer->seal([&](Result<BlobRef> ref) { sealed.set_value(std::move(ref)); });
    return sealed.get_future().get();
}

void bench_files(BlobStore& blobs, std::size_t blob_bytes, std::size_t count) {
    const std::string piece = secure_random_bytes(std::min<std::size_t>(blob_bytes, 1024 * 1024));
    std::vector<double> latencies;
    std::vector<BlobRef> refs;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        const auto begun = Clock::now();
        refs.push_back(write_file(blobs, blob_bytes, piece).value());
        latencies.push_back(seconds_since(begun) * 1e6);
    }
    report("file blobs of " + std::to_string(blob_bytes / 1024 / 1024) + " MiB, one after another",
           static_cast<double>(count) / seconds_since(start), std::move(latencies),
           static_cast<double>(blob_bytes));
    for (const BlobRef& ref : refs) blobs.remove(ref);
}

void run(const std::string& directory) {
    {
        std::atomic<Ticket> durable = 0;
        const auto tell = [&](Ticket ticket) {
            durable = ticket;
            durable.notify_one();
        };
        const auto store = open_rocks_store({.directory = directory}, {.on_durable = tell}).value();
        for (const std::size_t rows : {1, 16, 128}) bench_turns(*store, durable, rows, 200);
        for (const std::size_t rows : {1, 16, 128}) bench_turns(*store, durable, rows, 4096);
        bench_stream(*store, durable, 200);
    }
    const auto blobs = open_file_blobs({.directory = directory}, {}).value();
    static_cast<void>(
        blobs->recover({.is_referred = [](const Owner&, const BlobRef&) { return true; },
                        .for_each = [](const BlobReferences::Visit&) { return Result<void>(); }}));
    bench_segments(*blobs, 1, 16 * 1024);
    bench_segments(*blobs, 16, 16 * 1024);
    bench_segments(*blobs, 1, 64 * 1024);
    bench_segments(*blobs, 16, 64 * 1024);
    bench_segments(*blobs, 16, 256 * 1024);
    bench_segments(*blobs, 16, 1024 * 1024);
    bench_files(*blobs, 4 * 1024 * 1024, 50);
    bench_files(*blobs, 512 * 1024 * 1024, 1);
}

}  // namespace
}  // namespace onput::store

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: store_bench DIRECTORY\n");
        return 2;
    }
    const std::string directory = std::string(argv[1]) + "/store-bench";
    std::filesystem::create_directories(directory);
    onput::store::run(directory);
    std::filesystem::remove_all(directory);
    return 0;
}
