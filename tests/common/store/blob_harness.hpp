// A BlobStore whose callbacks are waited for, so that a test reads top to bottom.
#pragma once

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/store/blobs.hpp"

namespace onput::store {

// References that are asked by owner only: nothing in the store is damaged.
inline BlobReferences asked_by_owner(
    std::function<Result<bool>(const Owner&, const BlobRef&)> is_referred) {
    return {.is_referred = std::move(is_referred),
            .for_each = [](const BlobReferences::Visit&) { return Result<void>(); }};
}

// The rows of a service: key to blob.
struct BlobRows {
    std::map<std::string, BlobRef> blobs;
    std::optional<Error> fault;  // Of every read of them.

    [[nodiscard]] BlobReferences references() const {
        return {.is_referred = [this](const Owner& owner, const BlobRef& ref) -> Result<bool> {
                    if (fault) return std::unexpected(*fault);
                    const auto row = blobs.find(owner.key);
                    return row != blobs.end() && row->second == ref;
                },
                .for_each = [this](const BlobReferences::Visit& visit) -> Result<void> {
                    if (fault) return std::unexpected(*fault);
                    for (const auto& [key, ref] : blobs) visit(ref);
                    return {};
                }};
    }
};

class BlobHarness {
public:
    explicit BlobHarness(BlobStore& blobs) : blobs_(blobs) {}

    Result<BlobRef> write(const std::string& key, std::string bytes) {
        return wait<BlobRef>([&](auto done) {
            blobs_.write({.partition = "p", .key = key}, std::move(bytes), done);
        });
    }

    static Result<void> append(BlobWriter& writer, std::string bytes) {
        return wait<void>([&](auto done) { writer.append(std::move(bytes), done); });
    }

    static Result<BlobRef> seal(BlobWriter& writer) {
        return wait<BlobRef>([&](auto done) { writer.seal(done); });
    }

    std::unique_ptr<BlobWriter> open(const std::string& key) {
        return blobs_.open({.partition = "p", .key = key}).value();
    }

    // A large blob in one piece.
    Result<BlobRef> write_large(const std::string& key, std::string bytes) {
        const auto writer = open(key);
        ONPUT_TRY_VOID(append(*writer, std::move(bytes)));
        return seal(*writer);
    }

    Result<std::string> read(const BlobRef& ref) {
        return read(ref, {.offset = 0, .length = ref.length});
    }

    Result<std::string> read(const BlobRef& ref, BlobStore::Piece piece) {
        return wait<std::string>([&](auto done) { blobs_.read(ref, piece, done); });
    }

    Result<void> verify(const BlobRef& ref) {
        return wait<void>([&](auto done) { blobs_.verify(ref, done); });
    }

private:
    template <typename T, typename Call>
    static Result<T> wait(const Call& call) {
        // Shared with the callback, which may still be on its way out when the test goes on.
        const auto promise = std::make_shared<std::promise<Result<T>>>();
        auto future = promise->get_future();
        call([promise](Result<T> result) { promise->set_value(std::move(result)); });
        return future.get();
    }

    BlobStore& blobs_;
};

}  // namespace onput::store
