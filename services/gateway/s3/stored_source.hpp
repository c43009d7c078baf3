// StoredSource: an object of storage, or a range of it, as the bytes of another one. It is read
// ahead, in bounded memory.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "services/gateway/s3/byte_source.hpp"
#include "services/gateway/s3/late_answer.hpp"
#include "services/gateway/s3/read_ahead.hpp"

namespace onput::gateway::s3 {

class StoredSource : public ByteSource {
public:
    // Errors: storage's. `late` is kept alive while bytes are read.
    static http::Task<Result<std::unique_ptr<StoredSource>>> open(S3Request& request,
                                                                  LateAnswer& late,
                                                                  schema::GetObject message);
    ~StoredSource() override;
    StoredSource(const StoredSource&) = delete;
    StoredSource& operator=(const StoredSource&) = delete;

    [[nodiscard]] const schema::ObjectInfo& object() const { return fetched_.answer.reply.object; }

    // Asks for a checksum that finish() gives. Before the first read; each algorithm once.
    void compute(std::string_view algorithm);

    [[nodiscard]] std::optional<std::uint64_t> length() const override {
        return fetched_.answer.reply.length;
    }
    http::Task<Result<std::string>> read(std::size_t bytes_max) override;
    Result<BodyDigests> finish() override;

private:
    StoredSource(RequestContext& context, LateAnswer& late, FetchedObject fetched)
        : context_(context), late_(late), fetched_(std::move(fetched)) {}

    http::Task<Result<void>> fill();

    RequestContext& context_;
    LateAnswer& late_;
    FetchedObject fetched_;
    std::optional<ReadAhead> ahead_;  // Of an object that does not come with the first answer.
    std::vector<transport::Frame> frames_;  // Read, and not handed on yet.
    std::size_t frame_ = 0;                 // The first of them that is not.
    std::size_t offset_ = 0;                // In it.
    bool is_piece_held_ = false;            // The frames are the oldest piece of `ahead_`.
    std::uint64_t bytes_ = 0;
};

}  // namespace onput::gateway::s3
