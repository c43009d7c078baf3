#include "tests/sim/disk_blobs.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>

#include <fmt/format.h>

#include "common/base/check.hpp"
#include "common/store/blob_format.hpp"
#include "common/store/block_sums.hpp"
#include "common/store/large_blob.hpp"
#include "common/store/rocks_store.hpp"
#include "common/store/segment_log.hpp"

namespace onput::sim {
namespace {

using store::BlobRef;

// Where a temporary file system is in memory, if there is one.
const std::string memory_directory = "/dev/shm";
const std::string kept_suffix = ".kept";

std::string base_directory() {
    std::error_code error;
    if (std::filesystem::is_directory(memory_directory, error)) return memory_directory;
    return std::filesystem::temp_directory_path().string();
}

// What an operation calls back with.
template <typename T, typename Start>
T wait_for(Start start) {
    std::promise<T> promise;
    auto answer = promise.get_future();
    start([&promise](T result) { promise.set_value(std::move(result)); });
    return answer.get();
}

std::vector<std::filesystem::path> unfinished_files(const std::string& directory,
                                                    std::string_view suffix) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (entry.path().string().ends_with(suffix)) found.push_back(entry.path());
    }
    return found;
}

std::string bytes_at(const std::string& path, std::uint64_t offset, std::uint64_t length) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes(length, '\0');
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(bytes.data(), static_cast<std::streamsize>(length));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return bytes;
}

void flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
    const std::string before = bytes_at(path, offset, 1);
    ONPUT_CHECK(before.size() == 1);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(static_cast<unsigned char>(before.front()) ^ (1U << bit)));
    ONPUT_CHECK(file.good());
}

}  // namespace

// --- Writers ----------------------------------------------------------------------------------

struct DiskBlobs::Unsealed {
    store::Owner owner;
    std::unique_ptr<store::BlobWriter> writer;  // Nothing: abandoned, or its life is over.
    bool is_sealing = false;
};

class DiskBlobs::Writer final : public store::BlobWriter {
public:
    Writer(DiskBlobs& blobs, std::shared_ptr<Unsealed> unsealed)
        : blobs_(blobs), unsealed_(std::move(unsealed)) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() override {
        if (unsealed_->writer == nullptr || unsealed_->is_sealing) return;
        unsealed_->writer.reset();
        blobs_.settle();
    }

    void append(std::string bytes, store::BlobDone done) override {
        if (unsealed_->writer == nullptr) return;
        blobs_.submit([unsealed = unsealed_, bytes = std::move(bytes), done = std::move(done)] {
            if (unsealed->writer == nullptr) return done(abandoned());
            done(wait_for<Result<void>>(
                [&](auto told) { unsealed->writer->append(bytes, std::move(told)); }));
        });
    }

    void seal(store::BlobSealed done) override {
        if (unsealed_->writer == nullptr) return;
        unsealed_->is_sealing = true;
        blobs_.submit([&blobs = blobs_, unsealed = unsealed_, done = std::move(done)] {
            const auto ref = wait_for<Result<BlobRef>>(
                [&](auto told) { unsealed->writer->seal(std::move(told)); });
            unsealed->writer.reset();
            blobs.sealed(ref, unsealed->owner);
            done(ref);
        });
    }

private:
    static std::unexpected<Error> abandoned() {
        return fail(ErrorCode::conflict, "the blob was abandoned");
    }

    DiskBlobs& blobs_;
    std::shared_ptr<Unsealed> unsealed_;  // Shared with its operations that wait.
};

// --- Operations -------------------------------------------------------------------------------

DiskBlobs::DiskBlobs(std::function<void()> on_waiting)
    : on_waiting_(std::move(on_waiting)), directory_(base_directory()) {}

void DiskBlobs::submit(std::function<void()> operation) {
    waiting_.push_back(std::move(operation));
    on_waiting_();
}

DiskBlobs::~DiskBlobs() {
    crash();
}

Result<void> DiskBlobs::begin_life() {
    // One thread, so that what is asked for later is done later.
    ONPUT_TRY(engine_, store::open_file_blobs({.directory = directory_.path(),
                                               .segment_bytes = store::segment_bytes_min,
                                               .threads = 1},
                                              [](const Error&) { ONPUT_CHECK(false); }));
    return {};
}

void DiskBlobs::crash() {
    if (engine_ == nullptr) return;
    waiting_.clear();
    // The engine tidies up as it goes; a process that dies does not.
    const auto unfinished = unfinished_files(directory_.path(), store::part_suffix);
    for (const auto& path : unfinished) {
        std::filesystem::create_hard_link(path, path.string() + kept_suffix);
    }
    for (const auto& weak : std::exchange(unsealed_, {})) {
        if (const auto unsealed = weak.lock()) unsealed->writer.reset();
    }
    engine_.reset();
    for (const auto& path : unfinished) {
        std::filesystem::rename(path.string() + kept_suffix, path);
    }
}

void DiskBlobs::write(store::Owner owner, std::string bytes, store::BlobSealed done) {
    submit([this, owner = std::move(owner), bytes = std::move(bytes), done = std::move(done)] {
        const auto ref = wait_for<Result<BlobRef>>(
            [&](auto told) { engine_->write(owner, bytes, std::move(told)); });
        sealed(ref, owner);
        done(ref);
    });
}

Result<std::unique_ptr<store::BlobWriter>> DiskBlobs::open(store::Owner owner) {
    ONPUT_TRY(auto writer, engine_->open(owner));
    auto unsealed = std::make_shared<Unsealed>(
        Unsealed{.owner = std::move(owner), .writer = std::move(writer)});
    unsealed_.push_back(unsealed);
    return std::make_unique<Writer>(*this, std::move(unsealed));
}

void DiskBlobs::read(const BlobRef& ref, Piece piece, store::BlobRead done) {
    submit([this, ref, piece, done = std::move(done)] { done(read_now(ref, piece)); });
}

Result<std::string> DiskBlobs::read_now(const BlobRef& ref, Piece piece) {
    return wait_for<Result<std::string>>(
        [&](auto told) { engine_->read(ref, piece, std::move(told)); });
}

void DiskBlobs::verify(const BlobRef& ref, store::BlobDone done) {
    submit([this, ref, done = std::move(done)] {
        done(wait_for<Result<void>>([&](auto told) { engine_->verify(ref, std::move(told)); }));
    });
}

void DiskBlobs::remove(const BlobRef& ref) {
    sealed_.erase(place_of(ref));
    engine_->remove(ref);
    settle();
}

Result<store::BlobRecovery> DiskBlobs::recover(const store::BlobReferences& references) {
    return engine_->recover(references);
}

void DiskBlobs::settle() {
    // Its one thread answers this behind everything before.
    static_cast<void>(read_now({.segment = 1, .id = 0, .length = 0}, {.offset = 1, .length = 0}));
}

bool DiskBlobs::run_one() {
    if (waiting_.empty()) return false;
    const std::function<void()> operation = std::move(waiting_.front());
    waiting_.pop_front();
    operation();
    return true;
}

void DiskBlobs::sealed(const Result<BlobRef>& ref, const store::Owner& owner) {
    if (!ref) return;
    sealed_.insert_or_assign(place_of(*ref), Sealed{.owner = owner, .length = ref->length});
}

// --- Damage -----------------------------------------------------------------------------------

std::string DiskBlobs::path_of(const BlobRef& ref) const {
    if (ref.segment != 0) {
        return fmt::format("{}/segments/{:016x}.segment", directory_.path(), ref.segment);
    }
    return fmt::format("{}/blobs/{:02x}/{:016x}", directory_.path(), (ref.id >> 12) & 0xff, ref.id);
}

std::size_t DiskBlobs::count() const {
    return static_cast<std::size_t>(std::ranges::count_if(sealed_, [this](const auto& entry) {
        const auto& [place, blob] = entry;
        return is_kept({.segment = place.first, .id = place.second, .length = blob.length});
    }));
}

bool DiskBlobs::is_kept(const BlobRef& ref) const {
    const std::string path = path_of(ref);
    const std::uint64_t offset = ref.segment == 0 ? 0 : ref.id + store::header_bytes;
    const std::string bytes = bytes_at(path, offset, ref.length);
    return bytes.size() == ref.length && bytes.find_first_not_of('\0') != std::string::npos;
}

DiskBlobs::Flip DiskBlobs::choose_part(const BlobRef& ref, const Sealed& blob, Random& random,
                                       std::uint64_t& offset) {
    const std::uint64_t owner_bytes = blob.owner.partition.size() + blob.owner.key.size();
    const std::uint64_t data_at = ref.segment == 0 ? 0 : ref.id + store::header_bytes;
    const std::uint64_t owner_at =
        data_at + ref.length + (ref.segment == 0 ? store::sums_bytes(ref.length) : 0);
    Flip flip{.blob = ref};
    const std::uint64_t kind = random.below(10);
    if (kind < 2) {
        flip.part = "owner";
        offset = owner_at + random.below(owner_bytes);
    } else if (kind < 4) {
        // A record that cannot be told from anything else, or a file that reads well without.
        flip.part = "header";
        offset = (ref.segment == 0 ? owner_at + owner_bytes : ref.id) +
                 random.below(store::header_bytes);
        if (ref.segment != 0) flip.to = ref.length;
    } else if (kind < 5 && ref.segment != 0 && flipped_.insert({ref.segment, 0}).second) {
        flip.part = "segment's header";
        offset = random.below(store::header_bytes);
    } else {
        const std::uint64_t byte = random.below(ref.length);
        flip.part = "data";
        offset = data_at + byte;
        flip.to = ref.length;
        if (ref.segment != 0) return flip;
        const std::uint64_t block = byte / store::sum_block_bytes;
        flip.from = block * store::sum_block_bytes;
        flip.to = std::min(ref.length, flip.from + store::sum_block_bytes);
        if (kind < 6) {
            flip.part = "checksum";
            offset = ref.length + block * store::sum_bytes + random.below(store::sum_bytes);
        }
    }
    return flip;
}

std::optional<DiskBlobs::Flip> DiskBlobs::flip(Random& random) {
    std::vector<BlobRef> whole;
    for (const auto& [place, blob] : sealed_) {
        const BlobRef ref{.segment = place.first, .id = place.second, .length = blob.length};
        if (!flipped_.contains(place) && is_kept(ref)) whole.push_back(ref);
    }
    if (whole.empty()) return std::nullopt;
    // Large ones are few, and have more that can go wrong. They come first.
    const auto large = static_cast<std::uint64_t>(
        std::ranges::count_if(whole, [](const BlobRef& ref) { return ref.segment == 0; }));
    const bool wants_large = large > 0 && random.chance(1, 3);
    const BlobRef ref = whole[random.below(wants_large ? large : whole.size())];
    std::uint64_t offset = 0;
    const Flip flip = choose_part(ref, sealed_.at(place_of(ref)), random, offset);
    flipped_.insert(place_of(ref));
    flip_bit(path_of(ref), offset, static_cast<unsigned>(random.below(8)));
    return flip;
}

}  // namespace onput::sim
