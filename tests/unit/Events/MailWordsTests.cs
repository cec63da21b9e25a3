using Portal.Events.Deliveries.Mails;
using Portal.Sharing;

namespace Portal.Tests.Unit.Events;

/// <summary>A place in a video, as a mail names it: by whole frames from the first that is shown in its second.</summary>
public sealed class MailWordsTests
{
    [Theory]
    [InlineData(0, 25, 1, "0:00:00, frame 0")]
    [InlineData(24, 25, 1, "0:00:00, frame 24")]
    [InlineData(25, 25, 1, "0:00:01, frame 0")]
    [InlineData(90_005, 25, 1, "1:00:00, frame 5")]
    [InlineData(29, 30_000, 1_001, "0:00:00, frame 29")]
    [InlineData(30, 30_000, 1_001, "0:00:01, frame 0")]
    [InlineData(59, 30_000, 1_001, "0:00:01, frame 29")]
    [InlineData(24, 24_000, 1_001, "0:00:01, frame 0")]
    public void A_place_is_a_second_and_a_frame_of_it(int frame, int numerator, int denominator, string words) =>
        Assert.Equal(words, MailWords.Place(frame, new FrameRate(numerator, denominator)));
}
