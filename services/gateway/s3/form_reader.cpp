#include "services/gateway/s3/form_reader.hpp"

#include <algorithm>

#include "common/base/encoding.hpp"
#include "common/base/text.hpp"

namespace onput::gateway::s3 {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view headers_end = "\r\n\r\n";
constexpr std::string_view last_mark = "--";
constexpr std::string_view filename_variable = "${filename}";

std::unexpected<Error> malformed() {
    return fail(ErrorCode::invalid_argument,
                "The body of your POST request is not well-formed multipart/form-data.",
                "malformed_post_request");
}

std::unexpected<Error> too_large() {
    return fail(ErrorCode::invalid_argument,
                "Your POST request fields preceding the upload file were too large.",
                "form_too_large");
}

// The value of a parameter, with or without quotes: `; name="value"`. Browsers escape a quote by a
// backslash, or not at all; any other backslash is one of a path.
std::optional<std::string> parameter_of(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const auto semicolon = header.find(';');
        if (semicolon == std::string_view::npos) return {};
        header = trimmed(header.substr(semicolon + 1));
        const auto equals = header.find('=');
        if (equals == std::string_view::npos) return {};
        const bool is_wanted = equal_ignoring_case(trimmed(header.substr(0, equals)), name);
        header = trimmed(header.substr(equals + 1));
        std::string value;
        std::size_t at = 0;
        if (header.starts_with('"')) {
            for (at = 1; at < header.size() && header[at] != '"'; ++at) {
                const bool is_escape = header[at] == '\\' && header.substr(at + 1).starts_with('"');
                if (is_escape) ++at;
                value += header[at];
            }
            if (at == header.size()) return {};
        } else {
            at = std::min(header.find(';'), header.size());
            value = trimmed(header.substr(0, at));
        }
        if (is_wanted) return value;
        header = header.substr(at);
    }
    return {};
}

// Of a part's headers; empty without it.
std::string_view disposition_of(std::string_view headers) {
    constexpr std::string_view wanted = "content-disposition:";
    while (!headers.empty()) {
        const auto end = std::min(headers.find(line_end), headers.size());
        const std::string_view line = headers.substr(0, end);
        if (starts_with_ignoring_case(line, wanted)) return trimmed(line.substr(wanted.size()));
        headers = headers.substr(std::min(end + line_end.size(), headers.size()));
    }
    return {};
}

}  // namespace

const std::string* FormFields::find(std::string_view name) const {
    const auto found =
        std::ranges::find(fields_, name, &std::pair<std::string, std::string>::first);
    return found != fields_.end() ? &found->second : nullptr;
}

std::string FormFields::text_of(std::string_view name) const {
    const auto* found = find(name);
    return found != nullptr ? *found : std::string();
}

void FormFields::add(std::string name, std::string value) {
    fields_.emplace_back(lower_case(name), std::move(value));
}

Result<void> FormFields::fill_in_filename(std::string_view filename) {
    std::size_t bytes = 0;
    for (auto& [name, value] : fields_) {
        for (auto at = value.find(filename_variable); at != std::string::npos;
             at = value.find(filename_variable, at + filename.size())) {
            value.replace(at, filename_variable.size(), filename);
            if (bytes + value.size() > form_fields_bytes_max) return too_large();
        }
        bytes += value.size();
    }
    return {};
}

std::optional<std::string> boundary_of(std::string_view content_type) {
    const auto end = std::min(content_type.find(';'), content_type.size());
    if (!equal_ignoring_case(trimmed(content_type.substr(0, end)), "multipart/form-data"))
        return {};
    return parameter_of(content_type, "boundary").value_or("");
}

FormReader::FormReader(std::string_view boundary) : buffer_(line_end) {
    delimiter_.append(line_end).append(last_mark).append(boundary);
}

Result<void> FormReader::feed(std::string_view bytes, std::string& file) {
    if (state_ == State::end) return {};
    buffer_ += bytes;
    while (true) {
        ONPUT_TRY(const bool goes_on, step(file));
        if (!goes_on) return {};
    }
}

Result<bool> FormReader::step(std::string& file) {
    switch (state_) {
        case State::preamble: return pass_preamble();
        case State::delimited: return read_delimited();
        case State::headers: return read_headers();
        case State::field: return read_field();
        case State::file: return read_file(file);
        case State::end: break;
    }
    buffer_.clear();
    return false;
}

Result<bool> FormReader::pass_preamble() {
    const auto found = buffer_.find(delimiter_);
    const bool is_found = found != std::string::npos;
    if (is_too_large(is_found ? found : buffer_.size())) return too_large();
    if (!is_found) return false;
    fields_bytes_ += found;
    drop(found + delimiter_.size());
    state_ = State::delimited;
    return true;
}

// Behind a delimiter: a line's end and another part, or the mark of the last one.
Result<bool> FormReader::read_delimited() {
    if (buffer_.size() < line_end.size()) return false;
    if (buffer_.starts_with(last_mark)) {
        state_ = State::end;
        return true;
    }
    if (!buffer_.starts_with(line_end)) return malformed();
    state_ = State::headers;
    return true;
}

// The line's end before them is kept, so that a part without headers ends them as well.
Result<bool> FormReader::read_headers() {
    const auto found = buffer_.find(headers_end);
    const bool is_found = found != std::string::npos;
    if (is_too_large(is_found ? found : buffer_.size())) return too_large();
    if (!is_found) return false;
    const std::string headers = buffer_.substr(0, found);
    fields_bytes_ += found;
    drop(found + headers_end.size());
    const auto disposition =
        disposition_of(std::string_view(headers).substr(std::min(line_end.size(), found)));
    auto name = parameter_of(disposition, "name");
    if (!starts_with_ignoring_case(disposition, "form-data") || !name || name->empty()) {
        return malformed();
    }
    if (!equal_ignoring_case(*name, "file")) {
        name_ = *std::move(name);
        state_ = State::field;
        return true;
    }
    const std::string path = parameter_of(disposition, "filename").value_or("");
    const auto slash = path.find_last_of("/\\");
    filename_ = slash == std::string::npos ? path : path.substr(slash + 1);
    if (!is_utf8(filename_)) return malformed();
    has_file_ = true;
    state_ = State::file;
    return true;
}

Result<bool> FormReader::read_field() {
    const auto found = buffer_.find(delimiter_);
    const bool is_found = found != std::string::npos;
    if (is_too_large(is_found ? found : buffer_.size())) return too_large();
    if (!is_found) return false;
    fields_bytes_ += found;
    std::string value = buffer_.substr(0, found);
    if (!is_utf8(name_) || !is_utf8(value)) return malformed();
    fields_.add(std::move(name_), std::move(value));
    drop(found + delimiter_.size());
    state_ = State::delimited;
    return true;
}

// All but what may be the beginning of a delimiter is the file's.
bool FormReader::read_file(std::string& file) {
    const auto found = buffer_.find(delimiter_);
    if (found != std::string::npos) {
        file.append(buffer_, 0, found);
        state_ = State::end;
        return true;
    }
    const std::size_t kept = std::min(buffer_.size(), delimiter_.size() - 1);
    file.append(buffer_, 0, buffer_.size() - kept);
    drop(buffer_.size() - kept);
    return false;
}

Result<void> FormReader::finish() const {
    if (state_ == State::end && !has_file_) {
        return fail(ErrorCode::invalid_argument,
                    "POST requires exactly one file upload per request.", "no_form_file");
    }
    if (state_ != State::end) return malformed();
    return {};
}

}  // namespace onput::gateway::s3
