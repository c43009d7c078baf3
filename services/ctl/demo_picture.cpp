#include "services/ctl/demo_picture.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "common/base/digest.hpp"

namespace onput::ctl {
namespace {

constexpr std::size_t stored_block_max = 65'535;  // Of deflate.
constexpr std::uint32_t adler_modulus = 65'521;

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>((value >> shift) & 0xff);
    return bytes;
}

std::string chunk(std::string_view type, std::string_view data) {
    const std::string body = std::string(type) + std::string(data);
    return big_endian(static_cast<std::uint32_t>(data.size())) + body +
           Digest::of(DigestAlgorithm::crc32, body);
}

// A zlib stream of stored blocks: nothing is compressed, so nothing has to be linked for it.
std::string store(std::string_view data) {
    std::string out("\x78\x01", 2);
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    for (const char c : data) {
        low = (low + static_cast<unsigned char>(c)) % adler_modulus;
        high = (high + low) % adler_modulus;
    }
    while (!data.empty()) {
        const auto size = static_cast<std::uint16_t>(std::min(data.size(), stored_block_max));
        const auto inverse = static_cast<std::uint16_t>(~size);
        out += static_cast<char>(size == data.size() ? 1 : 0);
        for (const std::uint16_t value : {size, inverse}) {
            out += static_cast<char>(value & 0xff);
            out += static_cast<char>(value >> 8);
        }
        out += data.substr(0, size);
        data.remove_prefix(size);
    }
    return out + big_endian((high << 16) | low);
}

struct Color {
    double red = 0;
    double green = 0;
    double blue = 0;
};

Color mix(const Color& a, const Color& b, double share) {
    return {a.red + (b.red - a.red) * share, a.green + (b.green - a.green) * share,
            a.blue + (b.blue - a.blue) * share};
}

// Sky, a low sun, and three ranges of hills.
Color color_at(double x, double y) {
    const Color dusk{250, 170, 110};
    const Color sky{60, 90, 170};
    Color color = mix(dusk, sky, std::clamp(1.0 - y * 1.4, 0.0, 1.0));
    const double from_sun = std::hypot((x - 0.68) * 1.5, y - 0.42);
    if (from_sun < 0.09) color = {255, 236, 170};
    const Color hills[]{{150, 110, 140}, {90, 80, 110}, {35, 45, 60}};
    double base = 0.55;
    double pace = 5;
    for (const Color& hill : hills) {
        const double ridge = base + 0.05 * std::sin(x * pace) + 0.03 * std::sin(x * pace * 2.7 + 1);
        if (y > ridge) color = mix(hill, {20, 25, 35}, std::clamp((y - ridge) * 1.5, 0.0, 1.0));
        base += 0.14;
        pace += 2;
    }
    return color;
}

}  // namespace

std::string make_demo_picture() {
    std::string rows;
    for (std::uint32_t y = 0; y < demo_picture_height; ++y) {
        rows += '\0';  // No filter.
        for (std::uint32_t x = 0; x < demo_picture_width; ++x) {
            const Color color = color_at(static_cast<double>(x) / demo_picture_width,
                                         static_cast<double>(y) / demo_picture_height);
            for (const double part : {color.red, color.green, color.blue})
                rows += static_cast<char>(static_cast<unsigned char>(part));
        }
    }
    const std::string header = big_endian(demo_picture_width) + big_endian(demo_picture_height) +
                               std::string("\x08\x02\x00\x00\x00", 5);
    return std::string("\x89PNG\r\n\x1a\n", 8) + chunk("IHDR", header) +
           chunk("IDAT", store(rows)) + chunk("IEND", {});
}

}  // namespace onput::ctl
