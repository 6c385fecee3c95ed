import type { ElementKind, Stance } from "../gen/views";

export interface SampleElement {
  kind: ElementKind;
  label: string;
  quote: string;
  taxonomy?: string;
  intensity?: number;
  confidence?: number;
  stance?: Stance;
  due?: number;
  repaired?: boolean;
}

export interface Sample {
  /** Days before now, and the hour of the day. */
  ago: number;
  hour: number;
  title: string;
  source: "microphone" | "audio" | "video" | "text";
  /** Paragraphs of sentences. */
  text: string[];
  elements: SampleElement[];
  links?: [number, number, "triggered_by" | "about" | "leads_to" | "addresses"][];
  tags?: string[];
  favourite?: boolean;
  /** A part of the recording that was not transcribed, in thousandths of its length. */
  hole?: [number, number, string];
  recovered?: boolean;
  care?: boolean;
}

/** The sample notebook: days of somebody who does not exist. */
export const samples: Sample[] = [
  {
    ago: 0,
    hour: 8,
    title: "Before the talk",
    source: "microphone",
    text: [
      "It is just after eight and I am sitting in the kitchen with the second coffee. I keep going over the first two minutes of the talk. My hands are cold, and I slept maybe five hours.",
      "I am scared that I will lose the thread in front of everyone, like in March. But when I practised with Jonas last night it went well, and I was surprised how much of it I knew by heart. I think I prepare so hard because I believe I have to be perfect before anyone may look.",
      "What helps is to breathe out longer than in. I realised that the fear gets smaller as soon as I begin to speak. So today I will walk to the station instead of taking the bus, and I will look at one friendly face first.",
    ],
    elements: [
      {
        kind: "emotion",
        label: "Nervousness",
        taxonomy: "fear.anxiety.nervousness",
        intensity: 4,
        confidence: 0.91,
        quote: "I am scared that I will lose the thread in front of everyone",
      },
      {
        kind: "emotion",
        label: "Astonishment",
        taxonomy: "surprise.astonishment",
        intensity: 2,
        confidence: 0.62,
        quote: "I was surprised how much of it I knew by heart",
      },
      {
        kind: "topic",
        label: "Performance at work",
        taxonomy: "work.performance",
        confidence: 0.84,
        quote: "the first two minutes of the talk",
      },
      {
        kind: "challenge",
        label: "Sleeping badly before a talk",
        confidence: 0.71,
        quote: "I slept maybe five hours",
      },
      {
        kind: "belief",
        label: "I have to be perfect before anyone may look",
        stance: "self",
        confidence: 0.88,
        quote: "I believe I have to be perfect before anyone may look",
      },
      {
        kind: "insight",
        label: "The fear gets smaller once I begin to speak",
        confidence: 0.93,
        quote: "I realised that the fear gets smaller as soon as I begin to speak",
      },
      {
        kind: "action",
        label: "Walk to the station",
        due: 0,
        confidence: 0.82,
        quote: "today I will walk to the station instead of taking the bus",
      },
      {
        kind: "action",
        label: "Look at one friendly face first",
        due: 0,
        confidence: 0.48,
        repaired: true,
        quote: "I will look at one friendly face first",
      },
    ],
    links: [
      [0, 2, "triggered_by"],
      [0, 4, "about"],
      [5, 0, "addresses"],
      [3, 0, "leads_to"],
    ],
    tags: ["work", "talk"],
    favourite: true,
  },
  {
    ago: 1,
    hour: 21,
    title: "An evening with Jonas",
    source: "microphone",
    text: [
      "Jonas came over and we cooked. He listened to the whole talk twice and never once looked at his phone. I feel so grateful for him, and a bit ashamed that I had not called in weeks.",
      "We laughed until I cried about the goat story. I had forgotten how light I can be. Friendship does not need a reason, that is what I understood tonight. I want to call him every Sunday.",
    ],
    elements: [
      {
        kind: "emotion",
        label: "Gratitude",
        taxonomy: "joy.gratitude",
        intensity: 5,
        confidence: 0.95,
        quote: "I feel so grateful for him",
      },
      {
        kind: "emotion",
        label: "Shame",
        taxonomy: "sadness.shame",
        intensity: 2,
        confidence: 0.66,
        quote: "a bit ashamed that I had not called in weeks",
      },
      {
        kind: "topic",
        label: "Close friends",
        taxonomy: "friendship.close",
        confidence: 0.9,
        quote: "Jonas came over and we cooked",
      },
      {
        kind: "insight",
        label: "Friendship does not need a reason",
        confidence: 0.87,
        quote: "Friendship does not need a reason, that is what I understood tonight",
      },
      {
        kind: "action",
        label: "Call Jonas every Sunday",
        due: 5,
        confidence: 0.79,
        quote: "I want to call him every Sunday",
      },
    ],
    links: [
      [0, 2, "about"],
      [1, 2, "about"],
      [4, 1, "addresses"],
    ],
    tags: ["friends"],
  },
  {
    ago: 3,
    hour: 22,
    title: "The call with my mother",
    source: "microphone",
    text: [
      "I called my mother and it went the way it always goes. She asked about work, and I heard my voice get small. When she said that my brother never had such troubles I got so angry that I had to put the phone on the table.",
      "Under the anger there is something sad. I miss how it was when we built the shed together. I do not think that she wants to hurt me. She worries, and worrying is how she says it.",
      "Next time I will tell her about the garden first.",
    ],
    elements: [
      {
        kind: "emotion",
        label: "Anger",
        taxonomy: "anger.irritation",
        intensity: 5,
        confidence: 0.94,
        quote: "I got so angry that I had to put the phone on the table",
      },
      {
        kind: "emotion",
        label: "Longing",
        taxonomy: "love.longing",
        intensity: 3,
        confidence: 0.77,
        quote: "I miss how it was when we built the shed together",
      },
      {
        kind: "topic",
        label: "Parents",
        taxonomy: "family.parents",
        confidence: 0.96,
        quote: "I called my mother",
      },
      {
        kind: "challenge",
        label: "Being compared with my brother",
        confidence: 0.74,
        quote: "my brother never had such troubles",
      },
      {
        kind: "insight",
        label: "Worrying is how she says it",
        confidence: 0.83,
        quote: "She worries, and worrying is how she says it",
      },
      {
        kind: "action",
        label: "Tell her about the garden first",
        confidence: 0.8,
        quote: "Next time I will tell her about the garden first",
      },
    ],
    links: [
      [0, 3, "triggered_by"],
      [0, 1, "leads_to"],
    ],
    tags: ["family"],
    hole: [620, 700, "the recording was too quiet here"],
  },
  {
    ago: 6,
    hour: 7,
    title: "Rain on the allotment",
    source: "text",
    text: [
      "Six in the morning, rain on the roof of the shed, nobody else here. I feel calm in a way that I cannot make happen anywhere else.",
      "The beans are finished. I pulled them out and the soil under them was warm. I believe that I am someone who can begin again, in small things at least.",
    ],
    elements: [
      {
        kind: "emotion",
        label: "Calm",
        taxonomy: "joy.calm",
        intensity: 4,
        confidence: 0.92,
        quote: "I feel calm in a way that I cannot make happen anywhere else",
      },
      {
        kind: "topic",
        label: "Garden",
        taxonomy: "leisure.garden",
        confidence: 0.81,
        quote: "The beans are finished",
      },
      {
        kind: "belief",
        label: "I am someone who can begin again",
        stance: "self",
        confidence: 0.85,
        quote: "I believe that I am someone who can begin again",
      },
    ],
    tags: ["garden"],
    favourite: true,
  },
  {
    ago: 9,
    hour: 23,
    title: "Cannot sleep",
    source: "microphone",
    text: [
      "It is past eleven and my head does not stop. The numbers for the rent, the letter from the bank, the tooth. I worry that it will all come at once.",
      "I have not opened the letter. That is the silly part. I know that I avoid things until they are bigger than they were. Tomorrow after breakfast I will open it, with tea.",
    ],
    elements: [
      {
        kind: "emotion",
        label: "Worry",
        taxonomy: "fear.anxiety.worry",
        intensity: 4,
        confidence: 0.93,
        quote: "I worry that it will all come at once",
      },
      {
        kind: "topic",
        label: "Money",
        taxonomy: "money.rent",
        confidence: 0.88,
        quote: "The numbers for the rent, the letter from the bank",
      },
      {
        kind: "challenge",
        label: "Avoiding things until they are bigger",
        confidence: 0.86,
        quote: "I avoid things until they are bigger than they were",
      },
      {
        kind: "action",
        label: "Open the letter from the bank",
        due: -8,
        confidence: 0.9,
        quote: "Tomorrow after breakfast I will open it",
      },
    ],
    links: [
      [0, 1, "about"],
      [3, 2, "addresses"],
    ],
    tags: ["money", "sleep"],
  },
  {
    ago: 14,
    hour: 19,
    title: "A heavy week",
    source: "microphone",
    text: [
      "I feel empty this week. Everything takes twice the strength. On Tuesday I thought that nobody would notice if I was not there, and that thought frightened me.",
      "I told Lena on the phone, and she stayed on the line until I was home. I want to ask the doctor about it on Monday.",
    ],
    elements: [
      {
        kind: "emotion",
        label: "Emptiness",
        taxonomy: "sadness.emptiness",
        intensity: 5,
        confidence: 0.9,
        quote: "I feel empty this week",
      },
      {
        kind: "emotion",
        label: "Fright",
        taxonomy: "fear.fright",
        intensity: 4,
        confidence: 0.73,
        quote: "that thought frightened me",
      },
      {
        kind: "topic",
        label: "Mood",
        taxonomy: "mind.mood",
        confidence: 0.82,
        quote: "Everything takes twice the strength",
      },
      {
        kind: "action",
        label: "Ask the doctor about it on Monday",
        due: -10,
        confidence: 0.91,
        quote: "I want to ask the doctor about it on Monday",
      },
    ],
    tags: [],
    care: true,
  },
  {
    ago: 23,
    hour: 18,
    title: "Voice memo from the train",
    source: "audio",
    text: [
      "The team said yes to the new plan. I did not expect it, and I am proud of us. It took eleven months.",
      "I noticed that I waited for somebody to take it back. I keep expecting that good things are a mistake.",
    ],
    elements: [
      {
        kind: "emotion",
        label: "Pride",
        taxonomy: "joy.pride",
        intensity: 4,
        confidence: 0.94,
        quote: "I am proud of us",
      },
      {
        kind: "topic",
        label: "Team",
        taxonomy: "work.team",
        confidence: 0.87,
        quote: "The team said yes to the new plan",
      },
      {
        kind: "belief",
        label: "Good things are a mistake",
        stance: "world",
        confidence: 0.69,
        quote: "I keep expecting that good things are a mistake",
      },
    ],
    tags: ["work"],
    recovered: true,
  },
  {
    ago: 365,
    hour: 9,
    title: "First frost",
    source: "microphone",
    text: [
      "First frost. I moved the lemon tree inside. I hope that this winter will be quieter than the last one.",
    ],
    elements: [
      {
        kind: "emotion",
        label: "Hope",
        taxonomy: "joy.hope",
        intensity: 3,
        confidence: 0.85,
        quote: "I hope that this winter will be quieter than the last one",
      },
    ],
    tags: ["garden"],
  },
];

/** Short days, from which larger notebooks are made. */
export const days: Omit<Sample, "ago" | "hour" | "source">[] = [
  {
    title: "A walk by the canal",
    text: ["I walked along the canal until the lights came on. I feel lighter than this morning."],
    elements: [
      {
        kind: "emotion",
        label: "Relief",
        taxonomy: "joy.relief",
        intensity: 3,
        confidence: 0.8,
        quote: "I feel lighter than this morning",
      },
    ],
    tags: ["walks"],
  },
  {
    title: "Too many meetings",
    text: ["Six meetings, and not one of them mine. I am annoyed that I said yes to all of it."],
    elements: [
      {
        kind: "emotion",
        label: "Annoyance",
        taxonomy: "anger.irritation",
        intensity: 3,
        confidence: 0.82,
        quote: "I am annoyed that I said yes to all of it",
      },
    ],
    tags: ["work"],
  },
  {
    title: "Letter from Ada",
    text: ["A letter from Ada, four pages by hand. I love how she sees things."],
    elements: [
      {
        kind: "emotion",
        label: "Affection",
        taxonomy: "love.affection",
        intensity: 4,
        confidence: 0.86,
        quote: "I love how she sees things",
      },
    ],
    tags: ["friends"],
  },
  {
    title: "The flat is quiet",
    text: ["The flat is quiet since she moved out. I feel lonely in the evenings, less so by day."],
    elements: [
      {
        kind: "emotion",
        label: "Loneliness",
        taxonomy: "sadness.loneliness",
        intensity: 3,
        confidence: 0.88,
        quote: "I feel lonely in the evenings",
      },
    ],
  },
  {
    title: "Deadline",
    text: ["The deadline is on Friday. I am tense from the moment I wake up."],
    elements: [
      {
        kind: "emotion",
        label: "Tension",
        taxonomy: "fear.stress",
        intensity: 4,
        confidence: 0.83,
        quote: "I am tense from the moment I wake up",
      },
    ],
    tags: ["work"],
  },
  {
    title: "Something I did not know",
    text: ["I found out that the old map in the hall was drawn by my grandfather. I was amazed."],
    elements: [
      {
        kind: "emotion",
        label: "Amazement",
        taxonomy: "surprise.astonishment",
        intensity: 4,
        confidence: 0.84,
        quote: "I was amazed",
      },
    ],
    tags: ["family"],
  },
  {
    title: "Sunday bread",
    text: ["The bread worked at last. It is a small thing, and I am happy about it."],
    elements: [
      {
        kind: "emotion",
        label: "Happiness",
        taxonomy: "joy.happiness",
        intensity: 3,
        confidence: 0.89,
        quote: "I am happy about it",
      },
    ],
  },
  {
    title: "Notes after the gym",
    text: ["Went even though I did not want to. Nothing much to say today."],
    elements: [],
  },
];
