#include "services/image/palette.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/check.hpp"

namespace onput::image {
namespace {

constexpr int refinements = 3;

struct Counted {
    Color color;
    std::uint64_t count = 0;
};

using Channel = std::uint8_t Color::*;
constexpr std::array<Channel, 3> channels{&Color::red, &Color::green, &Color::blue};

// Some of the colours: a range of the sorted list, and how far they lie apart.
struct Cut {
    std::size_t begin = 0;
    std::size_t end = 0;
    Channel widest = &Color::red;
    int width = 0;
};

Cut measure(std::span<const Counted> colors, std::size_t begin, std::size_t end) {
    Cut cut{.begin = begin, .end = end};
    for (const Channel channel : channels) {
        int low = 255;
        int high = 0;
        for (const Counted& counted : colors.subspan(begin, end - begin)) {
            low = std::min<int>(low, counted.color.*channel);
            high = std::max<int>(high, counted.color.*channel);
        }
        if (high - low > cut.width) {
            cut.width = high - low;
            cut.widest = channel;
        }
    }
    return cut;
}

// Splits where half of the pixels lie on each side, with a colour at least on both.
std::size_t split(std::span<Counted> colors, const Cut& cut) {
    const auto part = colors.subspan(cut.begin, cut.end - cut.begin);
    std::ranges::sort(part, [&cut](const Counted& a, const Counted& b) {
        if (a.color.*cut.widest != b.color.*cut.widest) {
            return a.color.*cut.widest < b.color.*cut.widest;
        }
        return a.color < b.color;
    });
    std::uint64_t all = 0;
    for (const Counted& counted : part) all += counted.count;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i + 1 < part.size(); ++i) {
        before += part[i].count;
        if (before * 2 >= all) return cut.begin + i + 1;
    }
    return cut.end - 1;
}

struct Sum {
    std::uint64_t count = 0;
    std::array<std::uint64_t, 3> values{};

    void add(const Counted& counted) {
        count += counted.count;
        for (std::size_t i = 0; i < channels.size(); ++i) {
            values[i] += counted.count * (counted.color.*channels[i]);
        }
    }
    [[nodiscard]] Color mean() const {
        Color color;
        for (std::size_t i = 0; i < channels.size(); ++i) {
            color.*channels[i] = static_cast<std::uint8_t>((values[i] + count / 2) / count);
        }
        return color;
    }
};

std::vector<Counted> count_colors(std::span<const Color> pixels) {
    std::vector<Color> sorted(pixels.begin(), pixels.end());
    for (Color& color : sorted) color.alpha = 255;
    std::ranges::sort(sorted);
    std::vector<Counted> colors;
    for (const Color& color : sorted) {
        if (colors.empty() || colors.back().color != color) colors.push_back({.color = color});
        ++colors.back().count;
    }
    return colors;
}

std::size_t nearest_index(std::span<const Color> palette, Color color) {
    std::size_t best = 0;
    int least = std::numeric_limits<int>::max();
    for (std::size_t i = 0; i < palette.size(); ++i) {
        int distance = 0;
        for (const Channel channel : channels) {
            const int apart = palette[i].*channel - color.*channel;
            distance += apart * apart;
        }
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

// Each palette colour moves to the mean of the colours it stands for.
std::vector<Color> refine(std::span<const Counted> colors, std::vector<Color> palette) {
    std::vector<Sum> sums(palette.size());
    for (const Counted& counted : colors) {
        sums[nearest_index(palette, counted.color)].add(counted);
    }
    for (std::size_t i = 0; i < palette.size(); ++i) {
        if (sums[i].count != 0) palette[i] = sums[i].mean();
    }
    return palette;
}

}  // namespace

std::vector<Color> make_palette(std::span<const Color> pixels, std::size_t colors_max) {
    ONPUT_CHECK(colors_max > 0);
    std::vector<Counted> colors = count_colors(pixels);
    if (colors.empty()) return {};
    std::vector<Cut> cuts{measure(colors, 0, colors.size())};
    while (cuts.size() < std::min(colors_max, colors.size())) {
        const auto widest = std::ranges::max_element(cuts, {}, &Cut::width);
        if (widest->width == 0) break;
        const Cut cut = *widest;
        const std::size_t middle = split(colors, cut);
        *widest = measure(colors, cut.begin, middle);
        cuts.push_back(measure(colors, middle, cut.end));
    }
    std::vector<Color> palette;
    for (const Cut& cut : cuts) {
        Sum sum;
        for (std::size_t i = cut.begin; i < cut.end; ++i) sum.add(colors[i]);
        palette.push_back(sum.mean());
    }
    for (int i = 0; i < refinements; ++i) palette = refine(colors, std::move(palette));
    std::ranges::sort(palette);
    palette.erase(std::ranges::unique(palette).begin(), palette.end());
    return palette;
}

Color nearest(std::span<const Color> palette, Color color) {
    Color found = palette[nearest_index(palette, color)];
    found.alpha = color.alpha;
    return found;
}

}  // namespace onput::image
