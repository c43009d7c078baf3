// Transfer: one request in flight, as a handle of libcurl. Made on any thread, and then driven and
// destroyed on the client's own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/http/client.hpp"

struct curl_slist;

namespace onput::http {

class Transfer {
public:
    // Asks for the next piece of the body; called on the client's thread.
    using AskPiece = std::function<void()>;

    Transfer(const Options& options, Request request, AskPiece ask_piece);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    [[nodiscard]] void* handle() const { return handle_; }  // A CURL*.
    // The piece that was asked for; goes on with the request.
    void give(Result<std::string> piece);
    // What came of it; `code` is the CURLcode it ended with.
    Result<Answer> result(int code);

private:
    static constexpr std::size_t error_bytes = 256;  // CURL_ERROR_SIZE.

    template <typename Value>
    void set(int option, Value value);
    void set_body();
    void add_header(const std::string& line);

    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* transfer);
    static std::size_t on_answer(char* bytes, std::size_t size, std::size_t count, void* transfer);
    static std::size_t on_read(char* room, std::size_t size, std::size_t count, void* transfer);
    static int on_seek(void* transfer, std::int64_t offset, int origin);
    std::size_t read(char* room, std::size_t bytes);
    bool take(std::size_t bytes);
    void ask();

    Request request_;
    AskPiece ask_piece_;
    void* handle_;
    curl_slist* headers_ = nullptr;
    Answer answer_;
    std::size_t received_ = 0;
    bool is_too_large_ = false;

    std::string piece_;             // Being sent: of a stream, or the whole body.
    std::size_t sent_ = 0;          // Of it.
    std::string next_piece_;        // Behind it.
    std::uint64_t asked_from_ = 0;  // Bytes of the stream that were given so far.
    bool is_asked_ = false;
    bool is_paused_ = false;
    std::optional<Error> body_error_;
    std::array<char, error_bytes> error_{};
};

}  // namespace onput::http
