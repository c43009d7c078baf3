// Objects on their way from storage: small ones come with one reply, large ones in pieces that are
// asked for ahead, as far as memory allows, and come in order.
#pragma once

#include <deque>
#include <optional>

#include "common/schema/storage_objects.hpp"
#include "services/gateway/request_context.hpp"

namespace onput::gateway::s3 {

inline constexpr std::size_t pieces_ahead_max = 4;

// An object's answer, with memory for the bytes attached to it.
struct FetchedObject {
    Answer<schema::GetObject> answer;
    MemoryBudget::Reservation memory;
};
http::Task<Result<FetchedObject>> fetch_object(RequestContext& context,
                                               const schema::GetObject& message);

// An open read of storage.
class ReadAhead {
public:
    // `base`: what the read may hold in any case, so that it always goes on.
    ReadAhead(RequestContext& context, const schema::ObjectGot& got,
              MemoryBudget::Reservation base);

    [[nodiscard]] bool is_done() const { return next_ == end_ && pieces_.empty(); }

    void ask_ahead();

    // The oldest piece. Storage may have too many reads to take one more just now.
    http::Task<Result<transport::Reply>> receive();

    // The oldest piece has been written, which took so long. Nothing is read ahead for a client
    // that does not need it.
    void drop(Duration took);

private:
    struct Piece {
        std::uint64_t offset = 0;
        std::uint32_t length = 0;
        MemoryBudget::Reservation memory;
        std::optional<Backend::ReplyBox> box{};
    };
    void ask(Piece& piece);

    RequestContext& context_;
    std::uint64_t read_id_;
    std::uint64_t next_;
    std::uint64_t end_;
    MemoryBudget::Reservation base_;
    std::deque<Piece> pieces_;
    bool is_slow_ = false;
};

}  // namespace onput::gateway::s3
