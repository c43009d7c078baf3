// FormReader: a browser's multipart/form-data as it arrives: fields first, which are kept, then the
// file, whose bytes are handed on. What follows the file is passed over, as by S3. Pure; the bytes
// are hostile.
//
//     preamble --delimiter--> { headers --> field --delimiter--> } headers --> file
//                                                                     --delimiter--> end
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace onput::gateway::s3 {

// Fields before the file, with their heads; S3's own limit.
inline constexpr std::size_t form_fields_bytes_max = 20 * 1024;
inline constexpr std::size_t form_boundary_bytes_max = 70;  // RFC 2046.

class FormFields {
public:
    // In lower case. A name that comes twice has its first value.
    [[nodiscard]] const std::string* find(std::string_view name) const;
    [[nodiscard]] std::string text_of(std::string_view name) const;
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const {
        return fields_;
    }
    void add(std::string name, std::string value);
    // In all values: "${filename}" becomes the file's name. form_too_large when that makes them so.
    Result<void> fill_in_filename(std::string_view filename);

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

// The boundary that a Content-Type states; nothing when it is not multipart/form-data.
std::optional<std::string> boundary_of(std::string_view content_type);

class FormReader {
public:
    explicit FormReader(std::string_view boundary);

    // Takes the next bytes of the body and appends those of the file to `file`. invalid_argument:
    // malformed_post_request, or form_too_large.
    Result<void> feed(std::string_view bytes, std::string& file);
    // After the last byte. malformed_post_request, or no_form_file when there was none.
    [[nodiscard]] Result<void> finish() const;

    // All fields are known: the file has begun.
    [[nodiscard]] bool has_file() const { return has_file_; }
    [[nodiscard]] bool is_at_end() const { return state_ == State::end; }
    [[nodiscard]] FormFields& fields() { return fields_; }
    // As the client has it, without folders.
    [[nodiscard]] const std::string& filename() const { return filename_; }

private:
    enum class State { preamble, delimited, headers, field, file, end };

    // Whether it can go on with what is there.
    Result<bool> step(std::string& file);
    Result<bool> pass_preamble();
    Result<bool> read_delimited();
    Result<bool> read_headers();
    Result<bool> read_field();
    bool read_file(std::string& file);
    [[nodiscard]] bool is_too_large(std::size_t more) const {
        return fields_bytes_ + more > form_fields_bytes_max;
    }
    void drop(std::size_t bytes) { buffer_.erase(0, bytes); }

    std::string delimiter_;  // CRLF, two hyphens, the boundary.
    std::string buffer_;     // Not yet understood; begins with a CRLF that nobody sent.
    State state_ = State::preamble;
    FormFields fields_;
    std::size_t fields_bytes_ = 0;
    std::string name_;  // Of the field that is read.
    std::string filename_;
    bool has_file_ = false;
};

}  // namespace onput::gateway::s3
