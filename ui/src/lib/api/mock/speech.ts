/** What the microphone of the twin hears. */
export const heard =
  "Well, today was better than I thought. I was nervous before the talk, and then I found the friendly face and it went by itself. I feel relieved, and a little proud. I want to remember that the fear gets smaller once I begin. Tomorrow I will call Jonas and tell him about it.";
