#include "services/ctl/tail_cursor.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/text.hpp"
#include "common/store/file_io.hpp"

namespace onput::ctl {
namespace {

constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t position_bytes_max = 256;

bool is_name(std::string_view name) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    return !name.empty() && name.size() <= name_bytes_max && !name.starts_with('.') &&
           std::ranges::all_of(name, is_plain);
}

}  // namespace

Result<TailPosition> parse_position(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    const auto space = text.find(' ');
    if (space != std::string_view::npos && space > 0) {
        const auto sequence = parse_number<std::uint64_t>(text.substr(space + 1));
        if (sequence) {
            return TailPosition{.epoch = std::string(text.substr(0, space)), .sequence = *sequence};
        }
    }
    return fail(ErrorCode::corruption, "it is no position of a tail: remove it to begin anew");
}

std::string format_position(const TailPosition& position) {
    return fmt::format("{} {}\n", position.epoch, position.sequence);
}

Result<std::unique_ptr<TailCursor>> TailCursor::open(const std::string& data,
                                                     const std::string& name) {
    if (!is_name(name)) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("--durable '{}' is not 1 to {} letters, digits, '.', '_' and '-'",
                                name, name_bytes_max));
    }
    const std::string directory = data + "/tails";
    ONPUT_TRY_VOID(store::make_directory(directory));
    const std::string path = directory + '/' + name;
    ONPUT_TRY(auto lock, store::open_file(path + ".lock", O_RDWR | O_CREAT));
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail(ErrorCode::conflict,
                    fmt::format("another tail with --durable {} is running", name));
    }
    // Constructed here alone.
    std::unique_ptr<TailCursor> cursor(new TailCursor(path, std::move(lock)));
    ONPUT_TRY(const bool is_there, store::path_exists(path));
    if (!is_there) return cursor;
    ONPUT_TRY(const auto file, store::open_file(path, O_RDONLY));
    ONPUT_TRY(const auto text, store::read_at(file, path, 0, position_bytes_max));
    auto position = parse_position(text);
    if (!position) return std::unexpected(std::move(position).error().with_context(path));
    cursor->kept_ = *std::move(position);
    return cursor;
}

Result<void> TailCursor::keep(const TailPosition& position) {
    if (position == kept_) return {};
    const std::string fresh = path_ + ".new";
    ONPUT_TRY(const auto file, store::open_file(fresh, O_WRONLY | O_CREAT | O_TRUNC));
    ONPUT_TRY_VOID(store::write_at(file, fresh, format_position(position), 0));
    ONPUT_TRY_VOID(store::sync_data(file, fresh));
    if (rename(fresh.c_str(), path_.c_str()) != 0) {
        return std::unexpected(store::system_error("rename", fresh, errno));
    }
    ONPUT_TRY_VOID(store::sync_directory(path_.substr(0, path_.rfind('/'))));
    kept_ = position;
    return {};
}

}  // namespace onput::ctl
