#include "services/image/gif_structure.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace onput::image {
namespace {

constexpr std::size_t header_bytes = 6;
constexpr std::size_t screen_bytes = 7;
constexpr std::size_t image_bytes = 9;
constexpr std::uint8_t image_block = 0x2c;
constexpr std::uint8_t extension_block = 0x21;
constexpr std::uint8_t trailer = 0x3b;
constexpr std::uint8_t has_colors = 0x80;
constexpr std::uint8_t colors_mask = 0x07;

// Reads forwards; false once the bytes have run out.
class Walk {
public:
    explicit Walk(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }

    std::optional<std::uint8_t> take() {
        if (rest_.empty()) return std::nullopt;
        const auto byte = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return byte;
    }
    bool skip(std::size_t count) {
        if (count > rest_.size()) return false;
        rest_.remove_prefix(count);
        return true;
    }
    // A colour table as the packed field before it describes it.
    bool skip_colors(std::uint8_t packed) {
        if ((packed & has_colors) == 0) return true;
        return skip(std::size_t{3} << ((packed & colors_mask) + 1));
    }
    // Pieces of at most 255 bytes, up to an empty one.
    bool skip_pieces() {
        for (;;) {
            const auto size = take();
            if (!size || !skip(*size)) return false;
            if (*size == 0) return true;
        }
    }

private:
    std::string_view rest_;
};

bool skip_screen(Walk& walk) {
    if (!walk.skip(header_bytes + 4)) return false;
    const auto packed = walk.take();
    return packed && walk.skip(screen_bytes - 5) && walk.skip_colors(*packed);
}

bool skip_image(Walk& walk) {
    if (!walk.skip(image_bytes - 1)) return false;
    const auto packed = walk.take();
    // The byte before the pieces is the size of the first codes.
    return packed && walk.skip_colors(*packed) && walk.skip(1) && walk.skip_pieces();
}

std::unexpected<Error> damaged(const std::string& why, std::uint64_t frames) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the gif is damaged: {} frame {}", why, frames + 1), "damaged");
}

}  // namespace

Result<void> check_gif(std::string_view bytes) {
    Walk walk(bytes);
    std::uint64_t frames = 0;
    if (!skip_screen(walk)) return damaged("it ends before", frames);
    while (!walk.is_at_end()) {
        const std::uint8_t block = *walk.take();
        if (block == trailer) break;
        bool is_whole = true;
        switch (block) {
            case image_block: is_whole = skip_image(walk); break;
            case extension_block: is_whole = walk.skip(1) && walk.skip_pieces(); break;
            case 0: break;  // Stray zeros between blocks are common, and harmless.
            default: return damaged("no block begins where one should, before", frames);
        }
        if (!is_whole) return damaged("it ends within", frames);
        frames += block == image_block ? 1 : 0;
    }
    if (frames == 0) return damaged("it ends before", frames);
    return {};
}

}  // namespace onput::image
