#include "common/http/transfer.hpp"

#include <algorithm>
#include <cstring>
#include <curl/curl.h>

#include "common/base/check.hpp"
#include "common/base/text.hpp"

namespace onput::http {
namespace {

long milliseconds_of(Duration duration) {
    return static_cast<long>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

long seconds_of(Duration duration) {
    return static_cast<long>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace

template <typename Value>
void Transfer::set(int option, Value value) {
    ONPUT_CHECK(curl_easy_setopt(handle_, static_cast<CURLoption>(option), value) == CURLE_OK);
}

Transfer::Transfer(const Options& options, Request request, AskPiece ask_piece)
    : request_(std::move(request)), ask_piece_(std::move(ask_piece)), handle_(curl_easy_init()) {
    ONPUT_CHECK(handle_ != nullptr);
    static_assert(error_bytes >= CURL_ERROR_SIZE);
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_NOSIGNAL, 1L);
    // A name that is looked up slowly must not hold the thread when its time is over.
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(options.connect_timeout));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, seconds_of(options.silence_max));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);  // The path is signed as it stands.
    set(CURLOPT_URL, request_.url.c_str());
    for (const auto& [name, value] : request_.headers)
        add_header(std::string(name).append(value.empty() ? ";" : ": ").append(value));
    add_header("Expect:");  // A body waits for no leave.
    set_body();
    set(CURLOPT_HTTPHEADER, headers_);
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &on_answer);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

Transfer::~Transfer() {
    curl_easy_cleanup(handle_);
    curl_slist_free_all(headers_);
}

void Transfer::add_header(const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_, line.c_str());
    ONPUT_CHECK(longer != nullptr);
    headers_ = longer;
}

void Transfer::set_body() {
    if (request_.method == "HEAD") return set(CURLOPT_NOBODY, 1L);
    const bool has_stream = static_cast<bool>(request_.next);
    const std::uint64_t bytes = has_stream ? request_.stream_bytes : request_.body.size();
    if (request_.method == "GET") return;
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    if (bytes == 0) {
        if (request_.method == "DELETE") return;
        set(CURLOPT_POSTFIELDS, "");
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(0));
        return add_header("Content-Type:");  // None but the caller's.
    }
    if (!has_stream) piece_ = std::move(request_.body);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes));
    set(CURLOPT_READFUNCTION, &on_read);
    set(CURLOPT_READDATA, static_cast<void*>(this));
    set(CURLOPT_SEEKFUNCTION, &on_seek);
    set(CURLOPT_SEEKDATA, static_cast<void*>(this));
    if (request_.bytes_per_second > 0)
        set(CURLOPT_MAX_SEND_SPEED_LARGE, static_cast<curl_off_t>(request_.bytes_per_second));
}

// --- The body ----------------------------------------------------------------------------------

std::size_t Transfer::on_read(char* room, std::size_t size, std::size_t count, void* transfer) {
    return static_cast<Transfer*>(transfer)->read(room, size * count);
}

std::size_t Transfer::read(char* room, std::size_t bytes) {
    if (body_error_) return CURL_READFUNC_ABORT;
    if (sent_ == piece_.size() && !next_piece_.empty()) {
        piece_ = std::exchange(next_piece_, {});
        sent_ = 0;
    }
    if (request_.next && next_piece_.empty()) ask();
    const std::size_t some = std::min(bytes, piece_.size() - sent_);
    if (some == 0 && is_asked_) {
        is_paused_ = true;
        return CURL_READFUNC_PAUSE;
    }
    std::memcpy(room, piece_.data() + sent_, some);
    sent_ += some;
    return some;
}

void Transfer::ask() {
    if (is_asked_ || asked_from_ == request_.stream_bytes) return;
    is_asked_ = true;
    ask_piece_();
}

void Transfer::give(Result<std::string> piece) {
    is_asked_ = false;
    if (!piece) {
        body_error_ = std::move(piece).error();
    } else {
        ONPUT_CHECK(!piece->empty());
        ONPUT_CHECK(piece->size() <= request_.stream_bytes - asked_from_);
        asked_from_ += piece->size();
        next_piece_ = *std::move(piece);
    }
    // What fails here fails in the transfer as well, and is told there.
    if (std::exchange(is_paused_, false))
        static_cast<void>(curl_easy_pause(handle_, CURLPAUSE_CONT));
}

// A connection that was kept may turn out to be closed; what is still whole is sent once more.
int Transfer::on_seek(void* transfer, std::int64_t offset, int origin) {
    auto& self = *static_cast<Transfer*>(transfer);
    if (self.request_.next || origin != SEEK_SET || offset != 0) return CURL_SEEKFUNC_CANTSEEK;
    self.sent_ = 0;
    return CURL_SEEKFUNC_OK;
}

// --- The answer --------------------------------------------------------------------------------

bool Transfer::take(std::size_t bytes) {
    received_ += bytes;
    is_too_large_ = received_ > answer_bytes_max;
    return !is_too_large_;
}

// A return of less than what came ends the transfer.
std::size_t Transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* transfer) {
    auto& self = *static_cast<Transfer*>(transfer);
    if (!self.take(size * count)) return 0;
    const std::string_view line(bytes, size * count);
    // An interim answer has headers of its own.
    if (line.starts_with("HTTP/")) self.answer_.headers.clear();
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        const std::string_view value = line.substr(colon + 1);
        self.answer_.headers[lower_case(line.substr(0, colon))] =
            trimmed(value.substr(0, value.find('\r')));
    }
    return line.size();
}

std::size_t Transfer::on_answer(char* bytes, std::size_t size, std::size_t count, void* transfer) {
    auto& self = *static_cast<Transfer*>(transfer);
    if (!self.take(size * count)) return 0;
    self.answer_.body.append(bytes, size * count);
    return size * count;
}

Result<Answer> Transfer::result(int code) {
    if (body_error_) return std::unexpected(*std::move(body_error_));
    if (is_too_large_)
        return fail(ErrorCode::resource_exhausted, "the endpoint's answer is too large");
    if (code != CURLE_OK)
        return fail(ErrorCode::unavailable, error_[0] != '\0'
                                                ? error_.data()
                                                : curl_easy_strerror(static_cast<CURLcode>(code)));
    long status = 0;
    ONPUT_CHECK(curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK);
    answer_.status = static_cast<int>(status);
    return std::move(answer_);
}

}  // namespace onput::http
