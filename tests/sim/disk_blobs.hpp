// DiskBlobs: the real blob engine (common/store) under a simulated service. Its files are real, in
// memory where the machine has a file system there; each operation is started when the simulation
// says so and waited for, so that a seed repeats all of it.
//
// crash() ends a life of the process: what waits is gone and never called back, unsealed files stay
// under their unfinished names. Writers of the dead life may still be destroyed and used; they do
// nothing.
//
// flip() damages a blob that is sealed, or the head of its segment, as a disk would: one bit of its
// files, behind the engine's back. Which bytes cannot be read from then on is the caller's to know:
// the answer says it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/random.hpp"
#include "common/store/blobs.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::sim {

using BlobPlace = std::pair<std::uint64_t, std::uint64_t>;  // Segment and id.
[[nodiscard]] inline BlobPlace place_of(const store::BlobRef& ref) {
    return {ref.segment, ref.id};
}

class DiskBlobs final : public store::BlobStore {
public:
    // `on_waiting` is called when there is something to run_one().
    explicit DiskBlobs(std::function<void()> on_waiting);
    ~DiskBlobs() override;
    DiskBlobs(const DiskBlobs&) = delete;
    DiskBlobs& operator=(const DiskBlobs&) = delete;

    Result<void> begin_life();
    void crash();

    void write(store::Owner owner, std::string bytes, store::BlobSealed done) override;
    Result<std::unique_ptr<store::BlobWriter>> open(store::Owner owner) override;
    void read(const store::BlobRef& ref, Piece piece, store::BlobRead done) override;
    void verify(const store::BlobRef& ref, store::BlobDone done) override;
    void remove(const store::BlobRef& ref) override;
    Result<store::BlobRecovery> recover(const store::BlobReferences& references) override;

    // Does the oldest waiting operation. False when none waits.
    bool run_one();
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    // Before all that waits.
    [[nodiscard]] Result<std::string> read_now(const store::BlobRef& ref, Piece piece);

    struct Flip {
        store::BlobRef blob;
        std::string part;  // For the trace: "data", "owner" ...
        // Of the blob's bytes, those that cannot be read any more; `to` 0: all can.
        std::uint64_t from = 0;
        std::uint64_t to = 0;
    };
    // Of a blob that was not damaged before; nothing when there is none.
    std::optional<Flip> flip(Random& random);
    // Of those whose bytes are kept.
    [[nodiscard]] std::size_t count() const;
    // Whether a blob's bytes, damaged or not, are still where they were written.
    [[nodiscard]] bool is_kept(const store::BlobRef& ref) const;

private:
    class Writer;
    struct Unsealed;
    struct Sealed {
        store::Owner owner;
        std::uint64_t length = 0;
    };

    void submit(std::function<void()> operation);
    void sealed(const Result<store::BlobRef>& ref, const store::Owner& owner);
    // Whatever the engine does without saying when it is done is done.
    void settle();
    [[nodiscard]] std::string path_of(const store::BlobRef& ref) const;
    [[nodiscard]] Flip choose_part(const store::BlobRef& ref, const Sealed& blob, Random& random,
                                   std::uint64_t& offset);

    std::function<void()> on_waiting_;
    support::TempDirectory directory_;
    std::unique_ptr<store::BlobStore> engine_;  // Of this life.
    std::deque<std::function<void()>> waiting_;
    std::vector<std::weak_ptr<Unsealed>> unsealed_;
    std::map<BlobPlace, Sealed> sealed_;  // Perhaps removed by a recovery since.
    std::set<BlobPlace> flipped_;         // A segment's head is at id 0.
};

}  // namespace onput::sim
