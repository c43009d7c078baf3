// MemoryBlobs: the BlobStore of unit tests and simulations. It forgets what was not sealed.
//
// Run::at_once: every operation is done, and its callback called, inside the call.
// Run::manual:  operations wait in order; run() or run_one() does them and calls back.
//
// crash() ends a life of the process: sealed blobs stay, unsealed ones and waiting operations are
// gone and their callbacks are never called. Writers of the dead life may still be destroyed and
// used; they do nothing. As with the real engine, `recover` then removes what no row refers to.
//
// Every callback is called once. Seal wins over the destruction of its writer. Deterministic; one
// thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/store/blobs.hpp"

namespace onput::support {

enum class BlobRun { at_once, manual };

class MemoryBlobs final : public store::BlobStore {
public:
    explicit MemoryBlobs(BlobRun mode = BlobRun::at_once) : mode_(mode) {}

    void write(store::Owner owner, std::string bytes, store::BlobSealed done) override;
    Result<std::unique_ptr<store::BlobWriter>> open(store::Owner owner) override;
    void read(const store::BlobRef& ref, Piece piece, store::BlobRead done) override;
    void remove(const store::BlobRef& ref) override;
    void verify(const store::BlobRef& ref, store::BlobDone done) override;
    Result<store::BlobRecovery> recover(const store::BlobReferences& references) override;

    // Does the oldest waiting operation. False when none waits.
    bool run_one();
    // Does all, also those that the callbacks add. Returns how many.
    std::size_t run();
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

    void crash();

    // Fault injection: the next write or append, the next seal, or any read of this blob fails.
    void fail_next_write(Error error) { write_fault_ = std::move(error); }
    void fail_next_seal(Error error) { seal_fault_ = std::move(error); }
    void damage(const store::BlobRef& ref);
    // Its bytes are whole, but whose it is cannot be read any more.
    void damage_owner(const store::BlobRef& ref);

    // For assertions: the sealed blobs.
    [[nodiscard]] std::size_t count() const { return sealed_.size(); }
    [[nodiscard]] std::uint64_t bytes() const;
    [[nodiscard]] std::vector<store::BlobRef> refs() const;

private:
    class Writer;
    using Place = std::pair<std::uint64_t, std::uint64_t>;  // Segment and id.
    struct Blob {
        store::Owner owner;
        std::string bytes;
        bool damaged = false;
        bool owner_damaged = false;
    };
    struct Unsealed {
        Blob blob;
        std::optional<Error> failed;
        bool sealing = false;
    };

    void submit(std::function<void()> operation);
    void append(std::uint64_t id, std::string bytes, const store::BlobDone& done);
    void seal(std::uint64_t id, const store::BlobSealed& done);
    void abandon(std::uint64_t id);
    Result<std::string> read_now(const store::BlobRef& ref, Piece piece) const;

    BlobRun mode_;
    std::deque<std::function<void()>> waiting_;
    std::map<Place, Blob> sealed_;
    std::map<std::uint64_t, Unsealed> unsealed_;
    std::uint64_t next_file_ = 1;
    std::uint64_t next_offset_ = 0;  // In segment 1.
    std::uint64_t life_ = 1;
    std::optional<Error> write_fault_;
    std::optional<Error> seal_fault_;
};

}  // namespace onput::support
