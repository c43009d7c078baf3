#include "tests/support/memory_blobs.hpp"

#include "common/base/check.hpp"
#include "common/store/blob_suspects.hpp"

namespace onput::support {

using store::BlobDone;
using store::BlobRead;
using store::BlobRef;
using store::BlobSealed;
using store::BlobWriter;
using store::Owner;

class MemoryBlobs::Writer final : public BlobWriter {
public:
    Writer(MemoryBlobs& blobs, std::uint64_t id) : blobs_(blobs), id_(id), life_(blobs.life_) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() override {
        if (alive()) blobs_.abandon(id_);
    }

    void append(std::string bytes, BlobDone done) override {
        ONPUT_CHECK(bytes.size() <= store::append_bytes_max);
        ONPUT_CHECK(!sealed_);
        if (!alive()) return;
        blobs_.submit([&blobs = blobs_, id = id_, bytes = std::move(bytes),
                       done = std::move(done)] { blobs.append(id, bytes, done); });
    }

    void seal(BlobSealed done) override {
        ONPUT_CHECK(!sealed_);
        sealed_ = true;
        if (!alive()) return;
        blobs_.unsealed_.at(id_).sealing = true;
        blobs_.submit(
            [&blobs = blobs_, id = id_, done = std::move(done)] { blobs.seal(id, done); });
    }

private:
    [[nodiscard]] bool alive() const { return life_ == blobs_.life_; }

    MemoryBlobs& blobs_;
    std::uint64_t id_;
    std::uint64_t life_;
    bool sealed_ = false;
};

void MemoryBlobs::write(Owner owner, std::string bytes, BlobSealed done) {
    ONPUT_CHECK(bytes.size() <= store::segment_blob_bytes_max);
    submit([this, owner = std::move(owner), bytes = std::move(bytes), done = std::move(done)] {
        if (write_fault_) return done(std::unexpected(*std::exchange(write_fault_, std::nullopt)));
        const BlobRef ref{.segment = 1, .id = next_offset_, .length = bytes.size()};
        next_offset_ += bytes.size() + 1;
        sealed_[{ref.segment, ref.id}] = {.owner = owner, .bytes = bytes};
        done(ref);
    });
}

Result<std::unique_ptr<BlobWriter>> MemoryBlobs::open(Owner owner) {
    const std::uint64_t id = next_file_++;
    unsealed_[id].blob.owner = std::move(owner);
    return std::make_unique<Writer>(*this, id);
}

void MemoryBlobs::read(const BlobRef& ref, Piece piece, BlobRead done) {
    submit([this, ref, piece, done = std::move(done)] { done(read_now(ref, piece)); });
}

void MemoryBlobs::remove(const BlobRef& ref) {
    sealed_.erase({ref.segment, ref.id});
}

void MemoryBlobs::verify(const BlobRef& ref, BlobDone done) {
    read(ref, {.offset = 0, .length = ref.length}, [done = std::move(done)](const auto& read) {
        done(read ? Result<void>() : std::unexpected(read.error()));
    });
}

Result<store::BlobRecovery> MemoryBlobs::recover(const store::BlobReferences& references) {
    store::BlobRecovery recovery;
    store::BlobSuspects suspects;
    for (const auto& [place, blob] : sealed_) {
        if (!blob.owner_damaged) continue;
        place.first == 0 ? suspects.add_file(place.second) : suspects.add_segment(place.first);
    }
    suspects.ask(references, recovery);
    for (auto at = sealed_.begin(); at != sealed_.end();) {
        const auto& [segment, id] = at->first;
        const Blob& blob = at->second;
        bool keep = true;
        if (blob.owner_damaged) {
            keep = !suspects.is_proven() || suspects.referred(segment).contains(id);
            recovery.find(keep ? recovery.damaged : recovery.quarantined,
                          "the owner of blob " + std::to_string(id) + " is damaged");
        } else {
            // A row that cannot be read proves nothing.
            keep = references
                       .is_referred(blob.owner,
                                    {.segment = segment, .id = id, .length = blob.bytes.size()})
                       .value_or(true);
            if (!keep) ++recovery.removed;
        }
        at = keep ? std::next(at) : sealed_.erase(at);
    }
    return recovery;
}

bool MemoryBlobs::run_one() {
    if (waiting_.empty()) return false;
    const std::function<void()> operation = std::move(waiting_.front());
    waiting_.pop_front();
    operation();
    return true;
}

std::size_t MemoryBlobs::run() {
    std::size_t count = 0;
    while (run_one()) ++count;
    return count;
}

void MemoryBlobs::crash() {
    waiting_.clear();
    unsealed_.clear();
    write_fault_.reset();
    seal_fault_.reset();
    ++life_;
}

void MemoryBlobs::damage(const BlobRef& ref) {
    sealed_.at({ref.segment, ref.id}).damaged = true;
}

void MemoryBlobs::damage_owner(const BlobRef& ref) {
    sealed_.at({ref.segment, ref.id}).owner_damaged = true;
}

std::uint64_t MemoryBlobs::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& [place, blob] : sealed_) sum += blob.bytes.size();
    return sum;
}

std::vector<BlobRef> MemoryBlobs::refs() const {
    std::vector<BlobRef> all;
    for (const auto& [place, blob] : sealed_) {
        all.push_back({.segment = place.first, .id = place.second, .length = blob.bytes.size()});
    }
    return all;
}

void MemoryBlobs::submit(std::function<void()> operation) {
    if (mode_ == BlobRun::at_once) return operation();
    waiting_.push_back(std::move(operation));
}

void MemoryBlobs::append(std::uint64_t id, std::string bytes, const BlobDone& done) {
    const auto found = unsealed_.find(id);
    if (found == unsealed_.end()) return done(fail(ErrorCode::conflict, "the blob was abandoned"));
    Unsealed& unsealed = found->second;
    if (write_fault_) unsealed.failed = std::exchange(write_fault_, std::nullopt);
    if (unsealed.failed) return done(std::unexpected(*unsealed.failed));
    unsealed.blob.bytes += bytes;
    done({});
}

void MemoryBlobs::seal(std::uint64_t id, const BlobSealed& done) {
    auto node = unsealed_.extract(id);
    ONPUT_CHECK(!node.empty());
    Unsealed& unsealed = node.mapped();
    if (seal_fault_) unsealed.failed = std::exchange(seal_fault_, std::nullopt);
    if (unsealed.failed) return done(std::unexpected(*unsealed.failed));
    const BlobRef ref{.segment = 0, .id = id, .length = unsealed.blob.bytes.size()};
    sealed_[{0, id}] = std::move(unsealed.blob);
    done(ref);
}

void MemoryBlobs::abandon(std::uint64_t id) {
    const auto found = unsealed_.find(id);
    if (found == unsealed_.end() || found->second.sealing) return;
    unsealed_.erase(found);
}

Result<std::string> MemoryBlobs::read_now(const BlobRef& ref, Piece piece) const {
    if (piece.offset > ref.length || piece.length > ref.length - piece.offset) {
        return fail(ErrorCode::invalid_argument, "read blob " + to_text(ref) + ": out of range");
    }
    const auto found = sealed_.find({ref.segment, ref.id});
    if (found == sealed_.end() || found->second.bytes.size() != ref.length) {
        return fail(ErrorCode::corruption, "read blob " + to_text(ref) + ": it is missing");
    }
    if (found->second.damaged) {
        return fail(ErrorCode::corruption, "read blob " + to_text(ref) + ": it is damaged");
    }
    return found->second.bytes.substr(piece.offset, piece.length);
}

}  // namespace onput::support
